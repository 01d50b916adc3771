import { greatestPauseMs } from "../domain/due-times.ts";
import { priceOf } from "../domain/tariff.ts";
import {
  isSameHold,
  type FoundEvidence,
  type KnownBeside,
  type SessionCompleter,
} from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { SessionStart } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { OnceDesk } from "./tell-once.ts";
import type { TransactionBook } from "./transaction-book.ts";

/**
 * Closes a session that no station begins with nothing: its hold is free with the next settlement. If something flowed at
 * its EVSE that belongs to nobody, it is held instead.
 */
export type UnbegunCloser = (session: StoredSession, stationId: string, start: SessionStart) => Promise<void>;

export function createUnbegunCloser(deps: {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly completer: SessionCompleter;
  readonly desk: OperatorDesk;
  readonly once: OnceDesk;
  readonly now: () => number;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}): UnbegunCloser {
  const { store, book, meters, completer, desk, once, now } = deps;
  return async (session, stationId, start) => {
    const { sessionId, terms } = session;
    const tariff = await store.findTariff(terms.tariffId);
    const meter = await meters.readMeter(terms.meter);
    if (tariff === null || meter === null || priceOf(tariff, 0n, 0, 0).grossMicro > 0n) {
      // A tariff that charges without energy: the hold comes back by its expiry, and no fee is taken for nothing.
      await once.alert("session-not-begun", sessionId, { sessionId, stationId, isClosed: false });
      await store.putStart({ ...start, nextAtMs: Math.min(terms.expiresAt * 1_000, now() + greatestPauseMs) });
      return;
    }
    // What the station has said before it said that nothing goes on.
    await deps.handedOn(stationId);
    await book.inTurn(stationId, async () => {
      const current = await store.findSession(sessionId);
      if (current === null || (await store.findTransactionOfSession(sessionId)) !== null) return;
      if (current.state.status !== "opened" && !isHeldUnbegun(current)) return;
      const step = await completer.conclude(current, { judge: judgeUnbegun, own: null, atMs: now() });
      if (step === null || isSameHold(current.state, step)) return;
      // A session that moved meanwhile is looked at again.
      if ((await store.commitStep({ session: step })).outcome === "stale") return;
      completer.announce(current, step);
      if (step.cdr !== null) desk.note("session-not-begun", { sessionId, stationId, attempts: start.attempts });
    });
  };
}

/** No station began it: it delivered nothing, unless something that happened beside it was its energy. */
function judgeUnbegun({ findings, isOpen }: KnownBeside): FoundEvidence | null {
  // A transaction beside it may be the session's own.
  if (isOpen) return null;
  const reasons = findings.length === 0 ? (["NOT_STARTED"] as const) : (["UNSIGNED", ...findings] as const);
  const assessment = { grade: "plausible-unsigned", reasons, flags: [], completeness: "unknown" } as const;
  return { assessment, energyWh: "0", metered: { energyMicroWh: 0n, chargingSeconds: 0, connectedSeconds: 0 } };
}

/** Held because of what happened beside it, without a transaction of its own. */
export function isHeldUnbegun({ state }: StoredSession): boolean {
  return state.status === "held" && state.stage === "none" && state.assessment?.hold === "UNRESOLVED";
}
