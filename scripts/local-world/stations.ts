import { createHash, randomBytes } from "node:crypto";

import type { Tariff } from "../../services/domain/tariff.ts";
import type { Store } from "../../services/store/store.ts";
import { createSimulatedStation, type SimulatedStation } from "../simulator/station.ts";
import { assignTariff } from "./assign-tariff.ts";

/** A new API key of a station: 32 random bytes. The service keeps only its SHA-256. */
export function createApiKey(): { readonly apiKey: string; readonly apiKeySha256: string } {
  const apiKey = randomBytes(32).toString("base64url");

  return { apiKey, apiKeySha256: createHash("sha256").update(apiKey).digest("hex") };
}

/** A new OCPP key of a station: 20 random bytes as hexadecimal text, which every version takes. */
export function createStationKey(): string {
  return randomBytes(20).toString("hex");
}

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
