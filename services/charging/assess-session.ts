import { createCdr, type Cdr, type CdrMeter } from "../domain/cdr.ts";
import {
  assessTransaction,
  type AssessmentInput,
  type TransactionAssessment,
} from "../domain/charging/assess-transaction.ts";
import { isEnergyAwaited } from "../domain/charging/awaited-messages.ts";
import { severityOf, sortFindings, type FindingCode } from "../domain/charging/findings.ts";
import { withoutRetriedStarts } from "../domain/charging/transaction-matching.ts";
import { isTransactionMessage, type StationMessage } from "../domain/charging/message.ts";
import { messageKeyOf } from "../domain/charging/natural-key.ts";
import { reviewSettled } from "../domain/charging/settled-transaction.ts";
import { decideSettlement, type EvidencePolicy } from "../domain/charging/settlement-policy.ts";
import type { OcmfVerifier } from "../evidence/formats/ocmf/types.ts";
import { totalOf } from "../domain/session-amounts.ts";
import type { SessionAssessment, SessionEvent } from "../domain/session.ts";
import { isPriceRefused, isTakingRecords, transition } from "../domain/session.ts";
import { priceOf } from "../domain/tariff.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { standingIdToken } from "../domain/charging/id-token.ts";
import { isSameIdTag, normalizeIdTag } from "../domain/id-tag.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { asOfTransaction, readFrame } from "./read-frame.ts";
import { createCircumstanceReader, type SessionCircumstances } from "./session-circumstances.ts";
import { createSignedEvidenceReader, type MeasuredBy } from "./signed-evidence-of.ts";
import type { TransactionBook } from "./transaction-book.ts";

/** Turns the evidence of a transaction into what its session is settled on. */
export interface SessionAssessor {
  /** Assesses all messages of a transaction that is over, and moves its session. In the station's turn. */
  assess(transaction: ChargingTransaction): Promise<ChargingTransaction>;
  /** Everything that the station said in the transaction. */
  readMessages(transaction: ChargingTransaction): Promise<readonly StationMessage[]>;
  /** What is known beside the session's transaction; `null` while it has none. */
  readCircumstances(session: StoredSession, own: ChargingTransaction | null): Promise<SessionCircumstances>;
}

export interface SessionAssessorDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly ocmf: OcmfVerifier;
  readonly policy: EvidencePolicy;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** At which value the register of an EVSE's meter begins anew, by the EVSE's number, in Wh; by default none does. */
  readonly registerModuliWh?: ReadonlyMap<number, bigint>;
  /** Of more messages than this after the end of a transaction, no further ones were read. */
  readonly lateMessageLimit: number;
}

/** Of more idTokens in one transaction no sessions are looked for. */
const presentedLimit = 8;

/** How often a step is computed again because its session moved on meanwhile. */
const contentionLimit = 16;

/** A step of the session; `null` if there is none to take. */
interface Step {
  readonly event: SessionEvent;
  readonly cdr: Cdr | null;
}

export function createSessionAssessor(deps: SessionAssessorDeps): SessionAssessor {
  const { store, book, meters, policy, desk, now } = deps;
  const readSigned = createSignedEvidenceReader(deps);
  const readCircumstances = createCircumstanceReader({ store, meters, readMessages });
  const modulusOf = (evse: number): bigint | null => deps.registerModuliWh?.get(evse) ?? null;

  async function readMessages(transaction: ChargingTransaction): Promise<readonly StationMessage[]> {
    await book.flush();
    const frames = await store.listTransactionFrames(transaction.ordinal);
    return frames.flatMap((frame) => {
      const message = readFrame(frame);
      return message === null ? [] : [asOfTransaction(message, transaction.ocppTransactionId)];
    });
  }

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

  async function meterOf(session: StoredSession): Promise<CdrMeter> {
    const meter = await meters.readMeter(session.terms.meter);
    if (meter === null) throw new WattproofError("CHAIN_MISMATCH", `Meter ${session.terms.meter} is gone.`);
    return { number: meter.number, curve: meter.curve, publicKey: meter.publicKey };
  }

  async function decide(session: StoredSession, assessment: TransactionAssessment): Promise<Step> {
    const { sessionId, terms, state } = session;
    const tariff = await store.findTariff(terms.tariffId);
    if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${terms.tariffId}.`);
    const { energyMicroWh, chargingSeconds, energyWh, flags } = assessment;
    const { grossMicro } = priceOf(tariff, energyMicroWh, chargingSeconds, 0);
    const consent = await store.findConsent(sessionId);
    const final = state.dispute?.isFinal === true ? state.dispute : null;
    const grade = final === null ? assessment.grade : "disputed";
    const price = { grossMicro, unsignedCapMicro: consent?.capMicro ?? null, isRefused: isPriceRefused(state) };
    const decision = decideSettlement({ ...assessment, grade }, policy, price);
    const reasons: readonly string[] = final === null ? assessment.reasons : [final.reason];
    const view = { grade, reasons, flags, energyWh };
    if (decision.kind === "hold") {
      const held: SessionAssessment = { ...view, hold: decision.reason };
      const dispute = grade === "disputed" ? (final ?? disputeOf(assessment.reasons)) : null;
      return { event: { kind: "evidence-held", assessment: held, dispute }, cdr: null };
    }
    const isBoundToSession = grade === "meter-signed-bound";
    const cdr = createCdr({
      sessionId,
      terms,
      tariff,
      meter: await meterOf(session),
      energyWh,
      metered: { energyMicroWh, chargingSeconds, idleSeconds: 0 },
      isBoundToSession,
      evidence: { grade, reasons, flags },
      toppedUpMicro: totalOf(state.topUps),
    });
    return { event: { kind: "evidence-completed", assessment: { ...view, hold: null } }, cdr };
  }

  /** What came after the session was complete changes no energy; it is shown. */
  function review(
    transaction: ChargingTransaction,
    session: StoredSession,
    input: AssessmentInput,
    assessment: TransactionAssessment,
    cdr: Cdr,
  ): { readonly assessment: TransactionAssessment; readonly event: SessionEvent | null } {
    const { assessedFrame } = transaction;
    const wasThere = input.messages.filter(
      (message) => isTransactionMessage(message) && assessedFrame !== null && Number(message.frameId) <= assessedFrame,
    );
    const reviewed =
      transaction.assessment === null
        ? withLateFindings(assessment, assessment.energyMicroWh !== cdr.energyMicroWh)
        : reviewSettled(
            {
              assessment: transaction.assessment,
              messageKeys: wasThere.flatMap((message) =>
                isTransactionMessage(message) ? [messageKeyOf(message)] : [],
              ),
            },
            input,
          );
    const known = session.state.assessment;
    const isDoubtful = reviewed.flags.includes("LATE_MESSAGE") && assessment.grade === "disputed";
    const ignored = [...assessment.reasons, ...assessment.flags].filter((code) => code === "LATE_MESSAGES_IGNORED");
    const flags = sortFindings([...reviewed.flags, ...ignored, ...(isDoubtful ? assessment.reasons : [])]);
    const isNews = known !== null && flags.some((code) => !known.flags.includes(code) && !known.reasons.includes(code));
    if (isNews && (isDoubtful || flags.includes("LATE_CONTRADICTION"))) {
      desk.alert("session-late-evidence", { sessionId: session.sessionId, energyWh: assessment.energyWh });
    }
    return { assessment: reviewed, event: isNews ? { kind: "evidence-flagged", flags } : null };
  }

  function alertHold(session: StoredSession, step: Step): void {
    if (step.event.kind !== "evidence-held") return;
    const { grade, reasons, hold } = step.event.assessment;
    desk.alert(grade === "disputed" ? "session-disputed" : "session-held", {
      sessionId: session.sessionId,
      hold,
      reasons,
    });
  }

  /** @returns `null` if something else moved first. */
  async function attempt(transaction: ChargingTransaction): Promise<ChargingTransaction | null> {
    const { sessionId } = transaction;
    const session = sessionId === null ? null : await store.findSession(sessionId);
    const measured = await measuredAt(transaction, session);
    const looked = { assessedAtMs: now(), assessDueAtMs: null };
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
      circumstances: await ownFindings(transaction, all, messages, session),
    } satisfies AssessmentInput;
    const assessment = assessTransaction(input);
    const newest = messages.reduce((greatest, { frameId }) => Math.max(greatest, Number(frameId)), 0);
    const assessed = { ...transaction, ...looked, assessment, assessedFrame: newest };
    if (session === null) return book.commit({ transaction: assessed });

    const { sequence, state } = session;
    const cdr = await store.findCdr(session.sessionId);
    if (cdr !== null) {
      const late = review(transaction, session, input, assessment, cdr);
      // What was settled on stays what it was, and so do the messages that it was settled on.
      const assessedFrame = transaction.assessedFrame ?? newest;
      const kept = { ...transaction, ...looked, assessment: late.assessment, assessedFrame };
      return book.commit({
        transaction: kept,
        ...(late.event === null ? {} : { change: changeOf(session, sequence, late.event) }),
      });
    }
    const isTaking = state.closing === null && isTakingRecords(state);
    if (!isTaking) return book.commit({ transaction: assessed });
    const { waitUntilMs } = transaction;
    if (isEnergyAwaited(assessment) && waitUntilMs !== null && now() < waitUntilMs) {
      return book.commit({ transaction: { ...assessed, assessDueAtMs: waitUntilMs } });
    }
    const beside = (await readCircumstances(session, transaction)).findings;
    const circumstances = [...input.circumstances, ...beside];
    const whole = beside.length === 0 ? assessment : assessTransaction({ ...input, circumstances });
    return conclude({ ...assessed, assessment: whole }, session, whole);
  }

  /** What of the transaction itself no message shows. */
  async function ownFindings(
    { lateFrames }: ChargingTransaction,
    all: readonly StationMessage[],
    messages: readonly StationMessage[],
    session: StoredSession | null,
  ): Promise<readonly FindingCode[]> {
    const findings: FindingCode[] = [];
    if (lateFrames > deps.lateMessageLimit) findings.push("LATE_MESSAGES_IGNORED");
    if (hasRedatedStart(all, messages)) findings.push("START_RETRIED");
    const others = new Set(
      messages.flatMap((message) => {
        const idToken = isTransactionMessage(message) ? standingIdToken(message.idToken) : null;
        return idToken === null || session === null || isSameIdTag(idToken, session.idTag) ? [] : [idToken];
      }),
    );
    for (const idToken of [...others].slice(0, presentedLimit)) {
      const named = await store.findSessionsByIdTag(normalizeIdTag(idToken));
      if (named.length > 0) findings.push("OTHER_SESSION_PRESENTED");
    }
    return findings;
  }

  async function conclude(
    assessed: ChargingTransaction,
    session: StoredSession,
    assessment: TransactionAssessment,
  ): Promise<ChargingTransaction | null> {
    const { sequence, state } = session;
    const step = await decide(session, assessment);
    if (isSameHold(state.assessment, step.event)) return book.commit({ transaction: assessed });
    const change = changeOf(session, sequence, step.event);
    const stored = await book.commit({ transaction: assessed, change, cdr: step.cdr });
    if (stored !== null) alertHold(session, step);
    return stored;
  }

  function changeOf({ sessionId, state }: StoredSession, expectedSequence: number, event: SessionEvent) {
    return { sessionId, expectedSequence, events: [event], next: transition(state, event), atMs: now() };
  }

  return {
    readMessages,
    readCircumstances,
    async assess(transaction) {
      for (let attempts = 0; attempts < contentionLimit; attempts += 1) {
        const stored = await attempt(transaction);
        if (stored !== null) return stored;
      }
      throw new WattproofError("STORE_CONTENDED", "The session moved every time while it was assessed.");
    },
  };
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

/** A contradiction of what was signed is final; a signed value can still overrule any other. */
function disputeOf(reasons: readonly FindingCode[]): { readonly reason: string; readonly isFinal: boolean } {
  const signed = reasons.find((code) => severityOf(code) === "signed-dispute");
  return { reason: signed ?? reasons[0] ?? "DISPUTED", isFinal: signed !== undefined };
}

function withLateFindings(assessment: TransactionAssessment, isContradiction: boolean): TransactionAssessment {
  if (!isContradiction) return assessment;
  return { ...assessment, flags: sortFindings([...assessment.flags, "LATE_MESSAGE", "LATE_CONTRADICTION"]) };
}

/** A start that was left out says another time than the one that stayed: the same time would be a plain repeat. */
function hasRedatedStart(all: readonly StationMessage[], messages: readonly StationMessage[]): boolean {
  const kept = new Set(messages);
  const times = new Set(messages.filter(({ kind }) => kind === "transaction-started").map(({ time }) => time?.epochMs));
  return all.some((message) => !kept.has(message) && !times.has(message.time?.epochMs));
}

/** The session is held for the same already: saying so again would be no news. */
function isSameHold(known: SessionAssessment | null, event: SessionEvent): boolean {
  return event.kind === "evidence-held" && JSON.stringify(known) === JSON.stringify(event.assessment);
}
