import { createHash } from "node:crypto";

import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";

/** Begins what is due about wrong settlements and demands for records. Nothing is sent yet. */
export interface DisputeActor {
  /** @returns how many acts were begun. */
  beginActs(signal: AbortSignal): Promise<number>;
}

const actsAtOnce = 16;

export function createDisputeActor(deps: {
  readonly store: Store;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** `watch`: an alert is all that is done about wrong settlements. Demands are always answered. */
  readonly policy: "send" | "watch";
}): DisputeActor {
  const { store, desk, now, policy } = deps;

  return {
    async beginActs(signal) {
      const acts = await store.listDueActs(deps.steadyNow(), actsAtOnce);
      for (const act of acts) {
        if (signal.aborted) break;
        const { sessionId, act: kind, attempts } = act;
        if (kind === "challenge" && attempts === 0) desk.alert("settlement-contradicted", { sessionId });
        // An answer protects this oracle's own bond.
        if (policy === "watch" && kind === "challenge") {
          await store.giveUpAct(act, "POLICY");
          continue;
        }
        const batchId = createHash("sha256").update(`${sessionId}:${kind}:${attempts}`).digest("hex");
        await store.beginAct(act, { batchId, kind: "dispute", sessionIds: [], createdAtMs: now() });
        desk.note("dispute-act", { sessionId, act: kind, batchId });
      }
      return acts.length;
    },
  };
}
