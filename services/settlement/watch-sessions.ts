import { sessionStatuses } from "../domain/session.ts";
import { stuckRules, type SessionLimits } from "../domain/stuck-sessions.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";

/** Tells of sessions that stay where nothing moves them. */
export interface SessionWatch {
  watch(): Promise<void>;
}

const lookMs = 60_000;
/** Of one status at one look; the rest is told at the next ones. */
const toldAtOnce = 100;

export function createSessionWatch(deps: {
  readonly store: Pick<Store, "listStuckSessions" | "noteAlert" | "readOldestParkedFrameMs">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly limits: SessionLimits & { readonly framesMs: number; readonly repeatMs: number };
}): SessionWatch {
  const { store, desk, now, limits } = deps;
  let lastLookAtMs = -Infinity;

  async function tellSessions(): Promise<void> {
    for (const status of sessionStatuses) {
      const rule = stuckRules[status];
      if (rule === null) continue;
      const sinceMs = now() - limits[rule.limit];
      const toldSinceMs = now() - limits.repeatMs;
      const query = { status, sinceMs, toldSinceMs, nowSeconds: Math.floor(now() / 1_000), limit: toldAtOnce };
      for (const { session, statusSinceMs } of await store.listStuckSessions(query)) {
        const { sessionId, terms, state } = session;
        if (!(await store.noteAlert("session-stuck", sessionId, now(), limits.repeatMs))) continue;
        desk.alert("session-stuck", {
          sessionId,
          status,
          reason: state.reason ?? state.dispute?.reason ?? state.assessment?.hold ?? null,
          ageSeconds: Math.floor((now() - statusSinceMs) / 1_000),
          expiresAt: terms.expiresAt,
          isExpired: terms.expiresAt * 1_000 < now(),
          ways: rule.ways,
        });
      }
    }
  }

  async function tellFrames(): Promise<void> {
    const sinceMs = await store.readOldestParkedFrameMs();
    if (sinceMs === null || now() - sinceMs < limits.framesMs) return;
    if (!(await store.noteAlert("ocpp-frames-stuck", "oldest", now(), limits.repeatMs))) return;
    desk.alert("ocpp-frames-stuck", { ageSeconds: Math.floor((now() - sinceMs) / 1_000) });
  }

  return {
    async watch() {
      const isEarly = now() >= lastLookAtMs && now() - lastLookAtMs < lookMs;
      if (isEarly) return;
      lastLookAtMs = now();
      await tellSessions();
      await tellFrames();
    },
  };
}
