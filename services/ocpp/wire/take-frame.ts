import { setTimeout as delay } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { StationHolds } from "../../replicas/station-holds.ts";
import type { FrameInbox } from "./inbox.ts";
import type { WaitingFrame } from "./frame-queues.ts";

/** Pauses between the attempts to hand on one frame; after the last attempt the frame is set aside. */
export const attemptPausesMs = [50, 500];

/** Hands a frame to the next layer. @returns false if that failed, the service ends, or another replica has the station */
export type TakeFrame = (waiting: WaitingFrame, signal: AbortSignal) => Promise<boolean>;

export function createTakeFrame(deps: {
  readonly inbox: Pick<FrameInbox, "take">;
  readonly stations: Pick<StationHolds, "fenceOf" | "noteMoved"> | undefined;
  readonly desk: OperatorDesk;
}): TakeFrame {
  const { inbox, stations, desk } = deps;

  function isMoved(stationId: string, error: unknown): boolean {
    if (!(error instanceof WattproofError && error.code === "STATION_MOVED")) return false;
    const fence = stations?.fenceOf(stationId) ?? null;
    if (fence !== null) stations?.noteMoved(fence);
    return true;
  }

  return async ({ frame, payload }, signal) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await inbox.take(frame, payload);
        return true;
      } catch (error) {
        const pauseMs = attemptPausesMs[attempt];
        if (signal.aborted || isMoved(frame.stationId, error)) return false;
        if (pauseMs === undefined) {
          desk.alert("ocpp-inbox-failed", { stationId: frame.stationId, frameId: frame.frameId, err: error });
          return false;
        }
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
}
