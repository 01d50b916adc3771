import type { RequestHandler } from "express";
import { z } from "zod";

import type { ScreenCodeDesk } from "../../charging/screen-codes/screen-code-desk.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { stationIdGrammar } from "../station/authentication.ts";
import type { Operators } from "./operators.ts";

/** What the operator's door for codes on screens needs. */
export interface ScreenCodeDeps {
  readonly store: Pick<Store, "recordAction">;
  readonly screenCodes: ScreenCodeDesk;
  readonly operators: Operators;
  readonly now: () => number;
}

/** OCPP 2.1 allows no shorter time and no fewer characters. */
export const screenCodeChoices = z.strictObject({
  validitySeconds: z.int().min(6).max(3_600).default(60),
  length: z.int().min(6).max(32).default(8),
});

/** `POST /v1/stations/:stationId/screen-code`: has the station show codes that change. */
export function createScreenCodeDoor(deps: ScreenCodeDeps): HttpDoor {
  return { path: "/v1/stations/:stationId/screen-code", method: "POST", handler: enableScreenCode(deps) };
}

function enableScreenCode({ store, screenCodes, operators, now }: ScreenCodeDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "screen-code-enabled");
    const stationId = request.params["stationId"];
    if (typeof stationId !== "string" || !stationIdGrammar.test(stationId)) {
      throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
    }
    const choices = parseBody(await readBody(request, bodyLimitBytes), screenCodeChoices);
    const { urlTemplate } = await screenCodes.enable(stationId, choices);
    const entry = { atMs: now(), keyId, keyName, action: "screen-code-enabled", subject: stationId };
    await store.recordAction({ ...entry, details: JSON.stringify(choices) });
    response.json({ stationId, ...choices, urlTemplate });
  };
}
