import type { RequestHandler } from "express";
import { z } from "zod";

import { setUpReport, type StationSetUp } from "../../charging/set-up/set-up-station.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";
import { readStationId } from "./stations.ts";

/** What the operator's doors for the configuration of stations need. */
export interface StationSetUpDeps {
  readonly store: Pick<Store, "readSetUp" | "recordAction">;
  readonly setUp: StationSetUp;
  readonly operators: Operators;
  readonly now: () => number;
}

export const setUpOrder = z.strictObject({ dryRun: z.boolean().default(false) });

/** `GET /v1/stations/:stationId/last-set-up` and `POST /v1/stations/:stationId/set-up`. */
export function createStationSetUpDoors(deps: StationSetUpDeps): readonly HttpDoor[] {
  const station = "/v1/stations/:stationId";
  return [
    { path: `${station}/last-set-up`, method: "GET", handler: showSetUp(deps) },
    { path: `${station}/set-up`, method: "POST", handler: setUpAgain(deps) },
  ];
}

function showSetUp({ store, operators }: StationSetUpDeps): RequestHandler {
  return async (request, response) => {
    await operators.require(request, response, "read");
    const stationId = readStationId(request);
    const known = await store.readSetUp(stationId);
    if (known === null) throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
    const last = known.content === null ? null : setUpReport.parse(JSON.parse(known.content));
    response.json({ stationId, isDue: known.isDue, last });
  };
}

function setUpAgain({ store, setUp, operators, now }: StationSetUpDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "station-set-up");
    const stationId = readStationId(request);
    response.locals["stationId"] = stationId;
    const { dryRun: isDryRun } = parseBody(await readBody(request, bodyLimitBytes), setUpOrder);
    const report = await setUp.setUp(stationId, { by: keyName, isDryRun });
    if (!isDryRun) {
      const changed = report.settings.filter(({ outcome }) => outcome.startsWith("changed")).map(({ key }) => key);
      const entry = { atMs: now(), keyId, keyName, action: "station-set-up", subject: stationId };
      await store.recordAction({ ...entry, details: JSON.stringify({ changed, reboot: report.reboot }) });
    }
    response.json({ stationId, isDryRun, report });
  };
}
