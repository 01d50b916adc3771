import { stationKeySha256Of } from "../../../services/ocpp/wire/station-key.ts";
import type { BootStatus, SecurityProfile } from "../../../services/store/ocpp.ts";
import type { Store } from "../../../services/store/store.ts";
import { createApiKey, createStationKey } from "./new-keys.ts";

/** A station as it is to be in the ledger. */
export interface Registration {
  readonly stationId: string;
  /** Numbers in the registry, in the order of the station's own numbers. */
  readonly evses: readonly number[];
  readonly profile: SecurityProfile;
  readonly bootStatus: BootStatus;
}

/** New keys of a station. They are kept nowhere; the ledger has only their SHA-256. */
export interface StationKeys {
  readonly apiKey: string;
  readonly apiKeySha256: string;
  /** `null` for a station that shows no key: there it would be a second way in. */
  readonly ocppKey: string | null;
}

export function newKeysOf(profile: SecurityProfile): StationKeys {
  return { ...createApiKey(), ocppKey: profile === 1 || profile === 2 ? createStationKey() : null };
}

/** Why a station cannot report for these EVSEs, in words; `null` if nothing in the ledger is against it. */
export async function obstacleInLedger(
  store: Pick<Store, "findStationOfEvse">,
  stationId: string,
  evses: readonly number[],
): Promise<string | null> {
  if (new Set(evses).size < evses.length) {
    return "An EVSE is named twice; a station has each of its EVSEs once.";
  }
  for (const evse of evses) {
    const holder = await store.findStationOfEvse(evse);
    if (holder !== null && holder.stationId !== stationId) {
      return `The station ${holder.stationId} reports for EVSE ${evse}. Remove it there first.`;
    }
  }
  return null;
}

/** Puts the station into the ledger, in place of one of the same identity and its keys. */
export async function putStation(
  store: Pick<Store, "removeStation" | "putStation" | "setOcppAccess" | "replaceStationKeys">,
  { stationId, evses, profile, bootStatus }: Registration,
  { apiKeySha256, ocppKey }: StationKeys,
): Promise<void> {
  await store.removeStation(stationId);
  await store.putStation({ stationId, apiKeySha256, evses });
  await store.setOcppAccess(stationId, { leastSecurityProfile: profile, bootStatus });
  if (ocppKey !== null) await store.replaceStationKeys(stationId, stationKeySha256Of(ocppKey), Date.now());
}
