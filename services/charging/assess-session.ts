import {
  assessTransaction,
  type AssessmentInput,
  type TransactionAssessment,
} from "../domain/charging/assess-transaction.ts";
import { isEnergyAwaited } from "../domain/charging/awaited-messages.ts";
import { withoutRetriedStarts } from "../domain/charging/transaction-matching.ts";
import { isTakingRecords } from "../domain/session.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { isSameHold, type KnownBeside, type SessionCompleter } from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { RecordVerifier } from "../evidence/verify-record.ts";
import { createOutletReader } from "./outlet-history.ts";
import type { QuietTime } from "./quiet-time.ts";
import { reviewLate } from "./review-late.ts";
import type { MessageReader } from "./session-circumstances.ts";
import { createSignedEvidenceReader, type MeasuredBy } from "./signed-evidence-of.ts";
import type { TransactionBook } from "./transaction-book.ts";
import { createTransactionFindings } from "./transaction-findings.ts";

/** Turns the evidence of a transaction into what its session is settled on. */
export interface SessionAssessor {
  /** Assesses all messages of a transaction that is over, and moves its session. In the station's turn. */
  assess(transaction: ChargingTransaction): Promise<ChargingTransaction>;
}

export interface SessionAssessorDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly verifier: Pick<RecordVerifier, "verify">;
  readonly completer: SessionCompleter;
  readonly readMessages: MessageReader;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** At which value the register of an EVSE's meter begins anew, by the EVSE's number, in Wh; by default none does. */
  readonly registerModuliWh?: ReadonlyMap<number, bigint>;
  /** Of more messages than this after the end of a transaction, no further ones were read. */
  readonly lateMessageLimit: number;
  readonly quiet: Pick<QuietTime, "lookAgainAtMs">;
}

/** How often a step is computed again because its session moved on meanwhile. */
const contentionLimit = 16;

export function createSessionAssessor(deps: SessionAssessorDeps): SessionAssessor {
  const { store, book, meters, completer, readMessages, desk, now, steadyNow } = deps;
  const readSigned = createSignedEvidenceReader(deps);
  const readOutlet = createOutletReader(deps);
  const readFindings = createTransactionFindings(deps);
  const modulusOf = (evse: number): bigint | null => deps.registerModuliWh?.get(evse) ?? null;

  /** Who measured, and what the outlet can deliver; `null` where nobody knows: then nothing is plausible. */
  async function measuredAt(
    transaction: ChargingTransaction,
    session: StoredSession | null,
  ): Promise<(MeasuredBy & AssessmentInput["station"]) | null> {
    if (session !== null) {
      const { sessionId, terms } = session;
      const registerModulusWh = modulusOf(terms.evse);
      return { sessionId, meter: terms.meter, ratedPowerW: terms.maximumPowerW, registerModulusWh };
    }
    const station = await store.findStation(transaction.stationId);
    const number = transaction.evse === null ? undefined : station?.evses[transaction.evse - 1];
    const evse = number === undefined ? null : await meters.readEvse(number);
    if (number === undefined || evse === null) return null;
    const { activeMeter: meter, maximumPowerW: ratedPowerW } = evse;
    return { sessionId: null, meter, ratedPowerW, registerModulusWh: modulusOf(number) };
  }

  /** @returns `null` if something else moved first. */
  async function attempt(transaction: ChargingTransaction): Promise<ChargingTransaction | null> {
    const { sessionId } = transaction;
    const session = sessionId === null ? null : await store.findSession(sessionId);
    const measured = await measuredAt(transaction, session);
    const looked = { assessedAtMs: steadyNow(), assessDueAtMs: null };
    if (measured === null || measured.ratedPowerW <= 0) {
      return transaction.assessDueAtMs === null
        ? transaction
        : book.commit({ transaction: { ...transaction, ...looked } });
    }
    const all = await readMessages(transaction);
    const messages = withoutRetriedStarts(all);
    const input = {
      messages,
      station: { ratedPowerW: measured.ratedPowerW, registerModulusWh: measured.registerModulusWh },
      signed: await readSigned(measured, messages),
      sessionIdTag: session?.idTag ?? null,
      circumstances: await readFindings(transaction, all, messages, session),
      overSinceMs: transaction.endSignAtMs,
      outlet: session === null ? [] : await readOutlet(transaction, session),
    } satisfies AssessmentInput;
    const assessment = assessTransaction(input);
    const newest = messages.reduce((greatest, { frameId }) => Math.max(greatest, Number(frameId)), 0);
    const assessed = { ...transaction, ...looked, assessment, assessedFrame: newest };
    if (session === null) return book.commit({ transaction: assessed });

    const { state } = session;
    const cdr = await store.findCdr(session.sessionId);
    if (cdr !== null) {
      const late = reviewLate({ transaction, session, input, assessment, cdr }, { desk, nowMs: now() });
      // What was settled on stays what it was, and so do the messages that it was settled on.
      const assessedFrame = transaction.assessedFrame ?? newest;
      const kept = { ...transaction, ...looked, assessment: late.assessment, assessedFrame };
      return book.commit({ transaction: kept, session: late.step });
    }
    const isTaking = state.closing === null && isTakingRecords(state);
    if (!isTaking) return book.commit({ transaction: assessed });
    const { waitUntilMs } = transaction;
    if (isEnergyAwaited(assessment) && waitUntilMs !== null && steadyNow() < waitUntilMs) {
      return book.commit({ transaction: { ...assessed, assessDueAtMs: waitUntilMs } });
    }
    const quietUntilMs = deps.quiet.lookAgainAtMs(transaction, session, assessment);
    if (quietUntilMs !== null) {
      return book.commit({ transaction: { ...assessed, assessDueAtMs: quietUntilMs } });
    }
    const assessWith = ({ findings }: KnownBeside): TransactionAssessment =>
      findings.length === 0
        ? assessment
        : assessTransaction({ ...input, circumstances: [...input.circumstances, ...findings] });
    return conclude(assessed, session, transaction, assessWith);
  }

  async function conclude(
    assessed: ChargingTransaction,
    session: StoredSession,
    own: ChargingTransaction,
    assessWith: (beside: KnownBeside) => TransactionAssessment,
  ): Promise<ChargingTransaction | null> {
    let whole: TransactionAssessment | null = null;
    const judge = (beside: KnownBeside) => {
      const assessment = assessWith(beside);
      whole = assessment;
      const { energyWh, energyMicroWh, chargingSeconds } = assessment;
      return {
        assessment,
        energyWh,
        metered: { energyMicroWh, chargingSeconds, connectedSeconds: chargingSeconds } as const,
      };
    };
    const step = await completer.conclude(session, { judge, own, atMs: now() });
    const transaction = { ...assessed, assessment: whole };
    if (step === null || isSameHold(session.state, step)) return book.commit({ transaction });
    const stored = await book.commit({ transaction, session: step });
    if (stored !== null) {
      completer.announce(session, step);
      const { sessionId } = session;
      if (isCostStatedOtherwise(whole)) desk.alert("station-cost-differs", { sessionId, stationId: own.stationId });
    }
    return stored;
  }

  return {
    async assess(transaction) {
      for (let attempts = 0; attempts < contentionLimit; attempts += 1) {
        const stored = await attempt(transaction);
        if (stored !== null) return stored;
      }
      throw new WattproofError("STORE_CONTENDED", "The session moved every time while it was assessed.");
    },
  };
}

function isCostStatedOtherwise(assessment: TransactionAssessment | null): boolean {
  return assessment?.flags.includes("STATION_COST_DIFFERS") === true;
}

/** Decides again about a session that is held, after something else than its evidence has changed. */
export async function reconsiderSession(
  deps: Pick<SessionAssessorDeps, "store" | "book"> & { readonly assessor: SessionAssessor },
  sessionId: string,
): Promise<void> {
  const transaction = await deps.store.findTransactionOfSession(sessionId);
  if (transaction === null) return;
  await deps.book.inTurn(transaction.stationId, async () => {
    const current = await deps.book.reload(transaction);
    if (!current.isOpen && (await deps.store.findCdr(sessionId)) === null) await deps.assessor.assess(current);
  });
}
