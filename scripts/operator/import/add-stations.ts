import { WattproofError } from "../../../services/errors.ts";
import type { SecurityProfile } from "../../../services/store/ocpp.ts";
import type { Store } from "../../../services/store/store.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import {
  newKeysOf,
  obstacleInLedger,
  putStation,
  type Registration,
  type StationKeys,
} from "../station/register-station.ts";
import type { ImportedPoint } from "./progress-of-line.ts";

const usualProfile: SecurityProfile = 1;

/**
 * Lets the stations report that the ledger does not have. Their keys are written to a file of their owner before the ledger
 * has them: what the ledger keeps nobody could find again.
 *
 * @param keysFile A new file; `null`: there may be no new station.
 * @returns the identities of the stations that were added, or in a dry run would be.
 * @throws INPUT_UNREADABLE if the file is there or cannot be written, USAGE_INVALID if none is named
 */
export async function addStations(
  points: readonly ImportedPoint[],
  {
    store,
    keysFile,
    isDryRun,
  }: { readonly store: Store; readonly keysFile: string | null; readonly isDryRun: boolean },
): Promise<readonly string[]> {
  const added: { readonly registration: Registration; readonly keys: StationKeys }[] = [];
  for (const [stationId, ofStation] of pointsByStation(points)) {
    const evses = ofStation.flatMap(({ evse }) => evse ?? []);
    const found = await store.findStation(stationId);
    if (found !== null && evses.length === ofStation.length && isSame(found.evses, evses)) {
      for (const point of ofStation) point.hasStation = true;
      continue;
    }
    const obstacle =
      evses.length < ofStation.length && !isDryRun
        ? "a charging point of the station is not registered"
        : found === null
          ? await obstacleInLedger(store, stationId, evses)
          : `it reports for EVSE ${found.evses.join(", ")}; station add --new-key replaces it`;
    if (obstacle !== null) {
      for (const point of ofStation) point.problems.push(`station ${stationId}: ${obstacle}`);
      continue;
    }
    const profile = profileOf(ofStation[0]?.line.securityProfile);
    added.push({ registration: { stationId, evses, profile, bootStatus: "Accepted" }, keys: newKeysOf(profile) });
  }
  if (isDryRun || added.length === 0) return added.map(({ registration }) => registration.stationId);
  if (keysFile === null) {
    throw new WattproofError(
      "USAGE_INVALID",
      `${added.length} stations get new keys: say where they are written, --keys <file>.`,
    );
  }
  // As they are: neither identities nor keys have a character that a table would have to quote.
  const rows = added.map(
    ({ registration, keys }) => `${registration.stationId},${keys.apiKey},${keys.ocppKey ?? ""}\n`,
  );
  writePrivateFile(keysFile, ["station_id,api_key,ocpp_key\n", ...rows].join(""), true);
  const byStation = pointsByStation(points);
  for (const { registration, keys } of added) {
    await putStation(store, registration, keys);
    for (const point of byStation.get(registration.stationId) ?? []) point.hasStation = true;
  }
  return added.map(({ registration }) => registration.stationId);
}

/** The charging points of each station, in the order of the lines. */
function pointsByStation(points: readonly ImportedPoint[]): ReadonlyMap<string, readonly ImportedPoint[]> {
  const stations = new Map<string, ImportedPoint[]>();
  for (const point of points) {
    const { stationId } = point.line;
    if (stationId === undefined) continue;
    const ofStation = stations.get(stationId);
    if (ofStation === undefined) stations.set(stationId, [point]);
    else ofStation.push(point);
  }
  return stations;
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((evse, index) => evse === right[index]);
}

function profileOf(given: number | undefined): SecurityProfile {
  return given === 0 || given === 2 || given === 3 ? given : usualProfile;
}
