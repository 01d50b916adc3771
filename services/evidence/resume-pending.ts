import { setTimeout as sleep } from "node:timers/promises";

import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { RecordReceiver } from "./receive-record.ts";

/** Judges what was kept before the start and not judged, as soon as the chain can be asked. Never rejects. */
export async function resumePending(deps: {
  readonly receiver: Pick<RecordReceiver, "resumePending">;
  readonly desk: OperatorDesk;
  readonly pauseMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { receiver, desk, signal } = deps;
  const isStopped = () => signal.aborted;
  let isTold = false;
  while (!isStopped()) {
    try {
      await receiver.resumePending(signal);
      return;
    } catch (error) {
      if (isStopped()) return;
      if (!isTold) desk.alert("resume-failed", { err: error });
      isTold = true;
      const isChain = error instanceof WattproofError && error.code.startsWith("CHAIN_");
      if (!isChain) return;
      await sleep(deps.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
