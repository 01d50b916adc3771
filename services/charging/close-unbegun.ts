import type { SessionReleases } from "../chain/session-releases.ts";
import { greatestPauseMs } from "../domain/due-times.ts";
import { sessionNotBegun, transition } from "../domain/session.ts";
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
import type { CircumstanceReader } from "./session-circumstances.ts";
import type { OnceDesk } from "./tell-once.ts";
import type { TransactionBook } from "./transaction-book.ts";

/**
 * Closes a session that no station begins with nothing: its hold is free with the next settlement. If something flowed at
 * its EVSE that belongs to nobody, it is held instead. Where its tariff charges without energy, it is not served any more,
 * so that its whole hold is released; where the service may not release it, the hold comes back by its expiry.
 */
export type UnbegunCloser = (session: StoredSession, stationId: string, start: SessionStart) => Promise<void>;

export function createUnbegunCloser(deps: {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly completer: SessionCompleter;
  readonly desk: OperatorDesk;
  readonly once: OnceDesk;
  readonly readCircumstances: CircumstanceReader;
  /** `null`: the service sends nothing for others. */
  readonly releases: Pick<SessionReleases, "canRelease"> | null;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}): UnbegunCloser {
  const { store, book, meters, completer, desk, once, now, steadyNow } = deps;

  /** @returns whether the session is not served any more, because nothing happened that may be its energy */
  async function refuse(session: StoredSession): Promise<boolean> {
    const { sessionId, sequence, state } = session;
    if (deps.releases === null || state.status !== "opened" || !(await deps.releases.canRelease(session))) return false;
    const { findings, isOpen } = await deps.readCircumstances(session, null);
    if (findings.length > 0 || isOpen) return false;
    const event = { kind: "service-refused", reason: sessionNotBegun } as const;
    const change = {
      ...{ sessionId, expectedSequence: sequence, events: [event] },
      ...{ next: transition(state, event), atMs: now() },
    };
    return (await store.commitStep({ session: { change, cdr: null, acts: [] } })).outcome === "stored";
  }

  return async (session, stationId, start) => {
    const { sessionId, terms } = session;
    // What the station has said before it said that nothing goes on.
    await deps.handedOn(stationId);
    const tariff = await store.findTariff(terms.tariffId);
    const meter = await meters.readMeter(terms.meter);
    if (tariff === null || meter === null || priceOf(tariff, 0n, 0, 0).grossMicro > 0n) {
      // A tariff that charges without energy: no fee is taken for nothing.
      const isRefused = await book.inTurn(stationId, async () => {
        const current = await store.findSession(sessionId);
        if (current === null || (await store.findTransactionOfSession(sessionId)) !== null) return false;
        return refuse(current);
      });
      if (isRefused) {
        desk.note("session-not-begun", { sessionId, stationId, attempts: start.attempts });
        return;
      }
      await once.alert("session-not-begun", sessionId, { sessionId, stationId, isClosed: false });
      const untilExpiryMs = Math.max(0, terms.expiresAt * 1_000 - now());
      await store.putStart({ ...start, nextAtMs: steadyNow() + Math.min(untilExpiryMs, greatestPauseMs) });
      return;
    }
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
