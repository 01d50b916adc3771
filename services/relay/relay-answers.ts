import { setTimeout as sleep } from "node:timers/promises";

import type { Store } from "../store/store.ts";
import type { RelayAnswer } from "./relay-desk.ts";
import type { Told } from "./relay-jobs.ts";

/** Lets callers wait for what becomes of their calls. */
export interface RelayAnswers {
  readonly isAwaited: boolean;
  /** What is known about a call when it ends, or when the wait is over. */
  awaitOutcome(callId: string): Promise<RelayAnswer>;
  /** A call has ended, or is mined. */
  tell: Told;
}

const lookMs = 500;

export function createRelayAnswers(deps: {
  readonly store: Pick<Store, "findRelayedCall">;
  /** How long a call may take to be mined before it is answered as on its way. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Somebody waits from now on. */
  readonly onAwaited: () => void;
}): RelayAnswers {
  const { store, waitMs, signal, onAwaited } = deps;
  const waiting = new Map<string, Set<(answer: RelayAnswer) => void>>();

  async function answerAsKept(callId: string): Promise<RelayAnswer> {
    const call = await store.findRelayedCall(callId);
    const ended = { confirmed: "done", failed: "failed", pending: "sent" } as const;
    return {
      status: ended[call?.status ?? "pending"],
      callId,
      txHash: call?.txHash ?? null,
      code: call?.code ?? null,
    };
  }

  /** Another replica may bring the call to the chain. */
  async function watchKept(callId: string, limit: AbortSignal): Promise<RelayAnswer | null> {
    const isOver = (): boolean => limit.aborted;
    while (!isOver()) {
      await sleep(lookMs, undefined, { signal: limit }).catch(() => undefined);
      if (isOver()) return null;
      const kept = await answerAsKept(callId);
      if (kept.status !== "sent") return kept;
    }
    return null;
  }

  return {
    get isAwaited() {
      return waiting.size > 0;
    },
    async awaitOutcome(callId) {
      const { promise, resolve } = Promise.withResolvers<RelayAnswer>();
      const others = waiting.get(callId) ?? new Set();
      waiting.set(callId, others.add(resolve));
      onAwaited();
      // It may have ended before anybody waited for it.
      const kept = await answerAsKept(callId);
      if (kept.status !== "sent") resolve(kept);
      const late = new AbortController();
      const limit = AbortSignal.any([late.signal, signal]);
      try {
        const wait = sleep(waitMs, null, { signal: limit }).catch(() => null);
        const first = await Promise.race([promise, wait, watchKept(callId, limit)]);
        return first ?? (await answerAsKept(callId));
      } finally {
        late.abort();
        others.delete(resolve);
        if (others.size === 0) waiting.delete(callId);
      }
    },
    tell({ callId }, status, txHash, code) {
      for (const resolve of waiting.get(callId) ?? []) resolve({ status, callId, txHash, code });
      waiting.delete(callId);
    },
  };
}
