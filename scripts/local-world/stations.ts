import type { Tariff } from "../../services/domain/tariff.ts";
import type { Store } from "../../services/store/store.ts";
import { createApiKey } from "../operator/station/new-keys.ts";
import { createSimulatedStation, type SimulatedStation } from "../simulator/station.ts";
import { assignTariff } from "./assign-tariff.ts";

/** Registers stations with the service at this price, and gives them new keys, which nobody has to keep. */
export async function connectStations(
  url: string,
  store: Pick<Store, "putStation" | "assignTariffs">,
  evsesOf: ReadonlyMap<string, readonly number[]>,
  tariff: Tariff,
): Promise<Map<string, SimulatedStation>> {
  const stations = new Map<string, SimulatedStation>();
  for (const [stationId, evses] of evsesOf) {
    const { apiKey, apiKeySha256 } = createApiKey();
    await store.putStation({ stationId, apiKeySha256, evses });
    await assignTariff(store, evses, tariff);
    stations.set(stationId, createSimulatedStation({ url, stationId, apiKey }));
  }

  return stations;
}
