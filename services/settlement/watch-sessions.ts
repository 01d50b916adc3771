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
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
  readonly limits: SessionLimits & { readonly framesMs: number; readonly repeatMs: number };
}): SessionWatch {
  const { store, desk, now, elapsedMs, limits } = deps;
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
          ageSeconds: Math.max(0, Math.floor((now() - statusSinceMs) / 1_000)),
          expiresAt: terms.expiresAt,
          isExpired: terms.expiresAt * 1_000 < now(),
          ways: rule.ways,
        });
      }
    }
  }

  async function tellFrames(): Promise<void> {
    const sinceMs = await store.readOldestParkedFrameMs();
    // What lies ahead came before the clock was set back.
    if (sinceMs === null || (sinceMs <= now() && now() - sinceMs < limits.framesMs)) return;
    if (!(await store.noteAlert("ocpp-frames-stuck", "oldest", now(), limits.repeatMs))) return;
    desk.alert("ocpp-frames-stuck", { ageSeconds: Math.max(0, Math.floor((now() - sinceMs) / 1_000)) });
  }

  return {
    async watch() {
      if (elapsedMs() - lastLookAtMs < lookMs) return;
      lastLookAtMs = elapsedMs();
      await tellSessions();
      await tellFrames();
    },
  };
}
