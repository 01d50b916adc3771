import type { FrameCursor } from "../../store/ocpp.ts";
import type { FrameQueues } from "./frame-queues.ts";

/** Those who wait until frames that are on disk are handed on or set aside. */
export interface PumpWaiters {
  /** Frames of earlier runs are not known yet: nobody's wait is over. */
  pause(): void;
  /** They are known: from here on a wait can be over. */
  begin(): void;
  /** Lets go whose frames are done. */
  tell(): void;
  /** Resolves when what is on disk now is done; of one station, where that is named. */
  wait(stationId: string | undefined): Promise<void>;
  isEmpty(): boolean;
}

interface Waiter {
  /** What it waits for; `null`: everything that an earlier run has left, which is not known yet. */
  targets: readonly FrameCursor[] | null;
  readonly stationId: string | undefined;
  readonly resolve: () => void;
}

/** @param queuesNow The queues of the present run. */
export function createPumpWaiters(
  queuesNow: () => Pick<FrameQueues, "unfinished" | "newestOf" | "isDone">,
): PumpWaiters {
  let isBegun = false;
  let waiters: Waiter[] = [];

  function targetsOf(stationId: string | undefined): readonly FrameCursor[] {
    if (stationId === undefined) return queuesNow().unfinished();
    return [{ stationId, stationOrdinal: queuesNow().newestOf(stationId) }];
  }

  function isReached({ targets }: Waiter): boolean {
    return isBegun && targets !== null && targets.every((target) => queuesNow().isDone(target));
  }

  return {
    pause() {
      isBegun = false;
    },
    begin() {
      isBegun = true;
      for (const waiter of waiters) waiter.targets ??= targetsOf(waiter.stationId);
    },
    tell() {
      const reached = waiters.filter(isReached);
      waiters = waiters.filter((one) => !reached.includes(one));
      for (const { resolve } of reached) resolve();
    },
    wait(stationId) {
      const targets = isBegun ? targetsOf(stationId) : null;
      return new Promise((resolve) => {
        const waiter = { targets, stationId, resolve };
        if (isReached(waiter)) resolve();
        else waiters.push(waiter);
      });
    },
    isEmpty: () => waiters.length === 0,
  };
}
