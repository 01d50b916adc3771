import type { RequestHandler } from "express";
import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { HttpDoor } from "../door.ts";
import type { Operators } from "./operators.ts";

/** What the operator's doors for frames that were set aside need. */
export interface ParkedFramesDeps {
  readonly store: Store;
  /** Hands on at once what was set aside of a station; resolves when that was tried. */
  readonly retryParked: (stationId: string) => Promise<void>;
  readonly desk: OperatorDesk;
  readonly operators: Operators;
  readonly now: () => number;
}

/** Of one station; what lies behind is listed once these are gone. */
const framesOfStation = 100;
const sessionsOfEvse = 1_000;

export const retrySchema = z.strictObject({
  stationId: z.string().min(1).max(255),
  isDryRun: z.boolean().default(false),
});
export const discardSchema = z.strictObject({
  frameId: z.string().regex(/^[1-9][0-9]{0,14}$/),
  reason: z.string().trim().min(1).max(500),
  isDryRun: z.boolean().default(false),
});

/** Frames that were set aside because what follows from them could not be done, and what becomes of them. */
export function createParkedFrameDoors(deps: ParkedFramesDeps): readonly HttpDoor[] {
  const path = "/v1/operator/parked-frames";
  return [
    { path, method: "GET", handler: list(deps) },
    { path: `${path}/retry`, method: "POST", handler: retry(deps) },
    { path: `${path}/discard`, method: "POST", handler: discard(deps) },
  ];
}

/** `GET /v1/operator/parked-frames`: the first of each station is what the others wait for. */
function list(deps: ParkedFramesDeps): RequestHandler {
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    response.json({ frames: (await readParked(deps.store)).map(viewOf) });
  };
}

/** `POST /v1/operator/parked-frames/retry`: what the half minute would do, now. */
function retry({ store, retryParked, desk, operators, now }: ParkedFramesDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "frames-retry");
    const { stationId, isDryRun } = parseBody(await readBody(request, bodyLimitBytes), retrySchema);
    const before = await store.listParkedFrames(stationId, framesOfStation);
    if (before.length === 0) throw new WattproofError("FRAME_NOT_PARKED", `Station ${stationId}.`);
    if (!isDryRun) {
      const details = JSON.stringify({ frames: before.length });
      await store.recordAction({ atMs: now(), keyId, keyName, action: "frames-retry", subject: stationId, details });
      desk.note("frames-retry", { stationId, keyId, operator: keyName, frames: before.length });
      await retryParked(stationId);
    }
    const left = isDryRun ? before : await store.listParkedFrames(stationId, framesOfStation);
    response.json({ stationId, isDryRun, before: before.length, left: left.map(viewOf) });
  };
}

/**
 * `POST /v1/operator/parked-frames/discard`: nothing follows from the frame any more. It stays among the station's
 * frames, and holds every session of the station that has no stop of its own: it may have been theirs.
 */
function discard({ store, retryParked, desk, operators, now }: ParkedFramesDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "frame-discard");
    const { frameId, reason, isDryRun } = parseBody(await readBody(request, bodyLimitBytes), discardSchema);
    const frame = (await readParked(store)).find((one) => one.frameId === frameId);
    if (frame === undefined) throw new WattproofError("FRAME_NOT_PARKED", `Frame ${frameId}.`);
    const { stationId, ordinal } = frame;
    const sessionIds: string[] = [];
    for (const evse of (await store.findStation(stationId))?.evses ?? []) {
      const there = await store.listSessionsAtEvse(evse, sessionsOfEvse);
      sessionIds.push(...there.map(({ sessionId }) => sessionId));
    }
    if (!isDryRun) {
      const details = JSON.stringify({ stationId, action: frame.action, reason, sessionIds });
      const order = { atMs: now(), keyId, keyName, action: "frame-discard", subject: frameId, details };
      if (!(await store.discardParkedFrame(ordinal, sessionIds, order))) {
        throw new WattproofError("FRAME_NOT_PARKED", `Frame ${frameId} was handed on meanwhile.`);
      }
      desk.note("frame-discard", { stationId, frameId, keyId, operator: keyName, reason });
      // What waits behind it goes on.
      await retryParked(stationId);
    }
    response.json({ isDryRun, frame: viewOf(frame), reason, sessionIds });
  };
}

async function readParked(store: Store): Promise<readonly StoredFrame[]> {
  const found: StoredFrame[] = [];
  for (const stationId of await store.listParkedStations()) {
    found.push(...(await store.listParkedFrames(stationId, framesOfStation)));
  }
  return found;
}

function viewOf({ frameId, stationId, protocol, action, receivedAtMs, text }: StoredFrame): object {
  return { frameId, stationId, protocol, action, receivedAt: new Date(receivedAtMs).toISOString(), text };
}
