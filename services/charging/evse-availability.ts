import type { SessionTerms } from "../domain/terms.ts";
import type { Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { StationPresence } from "../ocpp/station-presence.ts";
import { evseState, isTaken } from "../ocpp/words.ts";

/**
 * Why money should not be held for a charge at this EVSE now, in words; `null` if nothing is known against it. Of a
 * station that does not speak OCPP nothing is known.
 */
export async function findObstacleAtEvse(
  deps: {
    readonly store: Pick<Store, "findStationOfEvse" | "findOcppStation" | "listChargingTransactions">;
    readonly connections: StationPresence;
  },
  evse: number,
): Promise<string | null> {
  const { store, connections } = deps;
  const place = await store.findStationOfEvse(evse);
  const station = place === null ? null : await store.findOcppStation(place.stationId);
  if (place === null || station === null) return null;
  const isConnected = (await connections.find(place.stationId)) !== null;
  const { state, status } = evseState(isConnected, place.stationEvse, station.connectors);
  if (state === "faulted") return `The charger says ${status ?? state}.`;
  const transactions = isConnected ? await store.listChargingTransactions(place.stationId) : [];
  const isCharging = transactions.some(({ isOpen, evse: at }) => isOpen && at === place.stationEvse);
  if (isCharging || (state === "occupied" && status !== null && isTaken(status))) {
    return `The charger says ${status ?? state}${isCharging ? ", and somebody is charging there" : ""}.`;
  }
  return null;
}

/**
 * Why a session on these terms would not be served here: a code; `null` if it would. What is not served is not opened at
 * the service's expense either.
 */
export async function findUnserved(
  deps: {
    readonly store: Pick<Store, "findStationOfEvse">;
    readonly meters: Pick<MeterDirectory, "findObstacle">;
  },
  terms: SessionTerms,
): Promise<string | null> {
  if ((await deps.store.findStationOfEvse(terms.evse)) === null) return "EVSE_UNKNOWN";
  return deps.meters.findObstacle(terms);
}
