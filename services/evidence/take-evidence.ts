import type { Cdr } from "../domain/cdr.ts";
import { createCdr, evidenceOfRecords } from "../domain/cdr.ts";
import { decideSettlement, type EvidencePolicy } from "../domain/charging/settlement-policy.ts";
import { isContradicted } from "../domain/dispute.ts";
import { greatestStoredNumber, isInOrder, measure } from "../domain/evidence.ts";
import type { RegisterSpan } from "../domain/evidence.ts";
import { totalOf } from "../domain/session-amounts.ts";
import type { SessionEvent, SessionState } from "../domain/session.ts";
import { isPriceRefused, isTakingRecords, transition } from "../domain/session.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { EvidenceRecord, Station, Store, StoredMessage, StoredSession } from "../store/store.ts";
import type { Chain, RegisteredMeter } from "../chain/chain.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { MeterDirectory } from "./meter-directory.ts";
import { isValidAt } from "./meter-directory.ts";
import { formatDecimal } from "../domain/decimal.ts";
import { recordIdentity } from "./formats/ocmf/record-identity.ts";
import type { VerifiedRecord } from "./formats/ocmf/types.ts";
import type { RecordRefusal, RecordVerifier } from "./record-verifier.ts";
import { spansOf, type SessionJudgement } from "./session-judge.ts";
import { findSessionOfRecord, type UnboundRecords } from "./find-session.ts";
import { isSettleableByMeter } from "./mark-record.ts";
import { ocppRecordMediaType } from "./ocpp-record.ts";
import type { PriceJudge } from "./judge-price.ts";
import type { RecordAnswer } from "./receive-record.ts";
import { createSessionReadings, keptOf } from "./session-readings.ts";

export interface EvidenceIntakeDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "canContractRead">;
  readonly meters: MeterDirectory;
  readonly verifier: RecordVerifier;
  readonly unboundRecords: UnboundRecords;
  readonly evidencePolicy: EvidencePolicy;
  readonly prices: PriceJudge;
  readonly desk: OperatorDesk;
  readonly metrics: Pick<Metrics, "evidenceRecords">;
}

type Mark = EvidenceRecord["isSettleableByMeter"];

/** How often a step is computed again because its session or meter moved on meanwhile. */
const contentionLimit = 16;

/** A record that is authentic and whose session is known. */
interface Claim {
  readonly message: StoredMessage;
  readonly session: StoredSession;
  readonly meter: RegisteredMeter;
  readonly isBound: boolean;
  readonly verified: VerifiedRecord;
  readonly identity: string;
  readonly meterKeyId: string;
}

/** Judges a message that is kept, and moves its session. */
export function createEvidenceIntake(deps: EvidenceIntakeDeps): {
  /** @param notBeforeMs This service does not settle the session before; another one is about to. */
  takeEvidence(station: Station, message: StoredMessage, notBeforeMs?: number): Promise<RecordAnswer>;
} {
  const { store, meters, verifier } = deps;
  const readings = createSessionReadings(deps);

  async function claim(station: Station, message: StoredMessage): Promise<Claim> {
    const reading = verifier.readIdentification(message.record);
    if ("outcome" in reading) throw refusal(reading);
    const { identification } = reading;
    // Inside a transaction the station has said which session it is, by the idTag that it began with.
    const unboundRecords = isOfTransaction(message) ? "accept" : deps.unboundRecords;
    const found = await findSessionOfRecord(store, identification, message.sessionReference, unboundRecords);
    const { isBound } = found;
    const session = await deps.prices.judge(found.session);
    if (!station.evses.includes(session.terms.evse)) {
      throw new WattproofError("STATION_NOT_AT_EVSE", `The session is at EVSE ${session.terms.evse}.`);
    }
    if (session.state.status === "unservable" && !isTakingRecords(session.state)) {
      throw new WattproofError("SESSION_UNSERVABLE", session.state.reason ?? "");
    }
    const meter = await meters.readMeter(session.terms.meter);
    if (meter === null || !isValidAt(meter, Math.floor(message.receivedAtMs / 1_000))) {
      throw new WattproofError("METER_NOT_VALID", `Meter ${session.terms.meter} at the time of receipt.`);
    }
    const verified = verifier.verify(message.record, meter);
    if ("outcome" in verified) throw refusal(verified);
    if (verified.pagination.number > greatestStoredNumber) {
      throw new WattproofError("RECORD_OUT_OF_RANGE", "The pagination number has more than 63 bits.");
    }
    const meterKeyId = `${meter.curve}:${meter.publicKey}`;
    const identity = recordIdentity(verified.key, verified.pagination);
    return { message, session, meter, isBound, verified, identity, meterKeyId };
  }

  /** @returns `null` if something else moved first. */
  async function attempt(
    station: Station,
    message: StoredMessage,
    markOf: (claimed: Claim) => Promise<Mark>,
    notBeforeMs: number | undefined,
  ): Promise<RecordAnswer | null> {
    const claimed = await claim(station, message);
    const expectedRecordCount = await store.countRecords(claimed.meterKeyId);
    const known = await store.findRecord(claimed.identity);
    if (known !== null) return meetKnown(claimed, known, expectedRecordCount);

    const { session } = claimed;
    if (!isTakingRecords(session.state)) {
      throw new WattproofError("SESSION_CLOSED", `The session is ${session.state.status}.`);
    }
    const spans = spansOf(claimed.verified);
    if (spans === null) throw new WattproofError("RECORD_OUT_OF_RANGE", "A register value is beyond 63 bits.");

    const mark = await markOf(claimed);
    const step = await decide(claimed, spans);
    const events = step.events.map((event) => leftToOthers(event, notBeforeMs));
    const next = events.reduce(transition, session.state);
    const isWrong = isContradicted(next.closing, step.cdr, next);
    const { energyWh } = step;
    const outcome = await store.commitEvidence({
      messageId: message.messageId,
      verdict: { outcome: "accepted", code: null, detail: null, recordIdentity: claimed.identity },
      record: recordOf(claimed, spans, energyWh, mark),
      meterKeyId: claimed.meterKeyId,
      expectedRecordCount,
      change: {
        sessionId: session.sessionId,
        expectedSequence: session.sequence,
        events,
        next,
        atMs: message.receivedAtMs,
      },
      cdr: step.cdr,
      acts: isWrong ? [{ sessionId: session.sessionId, act: "challenge", dueAtMs: message.receivedAtMs }] : [],
    });
    if (outcome === "stale") return null;
    deps.metrics.evidenceRecords.inc({ settleable_by_meter: mark === null ? "unknown" : mark ? "yes" : "no" });
    alertDispute(session.state, next, session.sessionId);
    return {
      recordIdentity: claimed.identity,
      sessionId: session.sessionId,
      sessionState: next.status,
      energyWh,
      isDuplicate: false,
    };
  }

  /** A record with this key and pagination counts already. */
  async function meetKnown(
    claimed: Claim,
    known: EvidenceRecord,
    expectedRecordCount: number,
  ): Promise<RecordAnswer | null> {
    const { message, session, identity } = claimed;
    const isSameSession = known.sessionId === session.sessionId;
    if (isSameSession && known.payloadSha256 === claimed.verified.payloadSha256) {
      if (message.verdict?.outcome !== "accepted") {
        const verdict = { outcome: "accepted", code: null, detail: null, recordIdentity: identity } as const;
        await store.setVerdict(message.messageId, verdict);
      }
      const { sessionId, energyWh } = known;
      return { recordIdentity: identity, sessionId, sessionState: session.state.status, energyWh, isDuplicate: true };
    }

    const code = isSameSession ? "RECORD_CONFLICT" : "RECORD_REPLAYED";
    const error = new WattproofError(code, `Pagination ${claimed.verified.pagination.number} of this meter is taken.`);
    // Only the meter itself can cast doubt on a session: by signing another record under this session's tag. A record
    // that merely was sent for it proves nothing against it.
    const isDoubtful = claimed.isBound && isTakingRecords(session.state) && session.state.dispute?.isFinal !== true;
    if (!isDoubtful) throw error;
    const event = { kind: "evidence-disputed", reason: code, isFinal: true } as const;
    const next = transition(session.state, event);
    const outcome = await store.commitEvidence({
      messageId: message.messageId,
      verdict: { outcome: "refused", code, detail: error.detail, recordIdentity: identity },
      record: null,
      meterKeyId: claimed.meterKeyId,
      expectedRecordCount,
      change: {
        sessionId: session.sessionId,
        expectedSequence: session.sequence,
        events: [event],
        next,
        atMs: message.receivedAtMs,
      },
      cdr: null,
      acts: [],
    });
    if (outcome === "stale") return null;
    alertDispute(session.state, next, session.sessionId);
    throw error;
  }

  function alertDispute(before: SessionState, after: SessionState, sessionId: string): void {
    if (after.dispute === null || before.dispute?.reason === after.dispute.reason) return;
    deps.desk.alert("session-disputed", { sessionId, ...after.dispute });
  }

  async function decide(
    claimed: Claim,
    spans: readonly RegisterSpan[],
  ): Promise<{ readonly events: readonly SessionEvent[]; readonly cdr: Cdr | null; readonly energyWh: string | null }> {
    const { verified, meterKeyId, meter, session } = claimed;
    const { context, number } = verified.pagination;
    const ownEnergyWh = verified.energyWh === null ? null : formatDecimal(verified.energyWh);
    for (const span of spans) {
      const neighbours = await store.readNeighbours(meterKeyId, span.register, context, number);
      if (!isInOrder(span, neighbours)) {
        const event = { kind: "evidence-disputed", reason: "REGISTER_OUT_OF_ORDER", isFinal: true } as const;
        return { events: [event], cdr: null, energyWh: ownEnergyWh };
      }
    }

    const { sessionId, sequence } = session;
    const judgement = await readings.judgeWith({ sessionId, sequence, meter }, verified);
    if (judgement.kind !== "complete") {
      return { events: [eventOf(judgement)], cdr: null, energyWh: ownEnergyWh };
    }
    const { energyWh } = judgement;
    const metered = measure(judgement.begin, judgement.end);
    const existing = await store.findCdr(session.sessionId);
    if (metered === null || (existing !== null && existing.energyWh !== energyWh)) {
      const reason = metered === null ? "METERING_OUT_OF_RANGE" : "EVIDENCE_CONTRADICTORY";
      return { events: [{ kind: "evidence-disputed", reason, isFinal: true }], cdr: null, energyWh };
    }
    if (existing !== null) return { events: [{ kind: "evidence-completed" }], cdr: null, energyWh };
    const earlier = await store.readRecordRange(sessionId);
    const isBoundToSession = claimed.isBound && earlier?.areAllBound !== false;
    const evidence = evidenceOfRecords(isBoundToSession);
    const assessment = { ...evidence, energyWh, hold: null };
    if (session.state.closing === null) {
      // The transaction is assessed as a whole when it is over: what the station says beside its meter counts, too.
      if (isOfTransaction(claimed.message)) return { events: [{ kind: "evidence-added" }], cdr: null, energyWh };
      const price = { grossMicro: 0n, unsignedCapMicro: null, isRefused: isPriceRefused(session.state) };
      const decision = decideSettlement(
        { ...assessment, reasons: [], flags: [], completeness: "unknown" },
        deps.evidencePolicy,
        price,
      );
      if (decision.kind === "hold") {
        const held = { ...assessment, hold: decision.reason };
        return { events: [{ kind: "evidence-held", assessment: held, dispute: null }], cdr: null, energyWh };
      }
    }

    const tariff = await store.findTariff(session.terms.tariffId);
    if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${session.terms.tariffId}.`);
    const cdr = createCdr({
      sessionId: session.sessionId,
      terms: session.terms,
      tariff,
      meter: { number: meter.number, curve: meter.curve, publicKey: meter.publicKey },
      energyWh,
      metered,
      isBoundToSession,
      evidence,
      toppedUpMicro: totalOf(session.state.topUps),
    });
    return { events: [{ kind: "evidence-completed", assessment }], cdr, energyWh };
  }

  return {
    async takeEvidence(station, message, notBeforeMs) {
      // A step that is computed again does not ask the chain again.
      let mark: Promise<Mark> | undefined;
      function markOf({ meter, isBound, verified }: Claim): Promise<Mark> {
        return (mark ??= isSettleableByMeter(deps.chain, { meter, isBound, payload: verified.payload }));
      }
      for (let attempts = 0; attempts < contentionLimit; attempts += 1) {
        const answer = await attempt(station, message, markOf, notBeforeMs);
        if (answer !== null) return answer;
      }
      throw new WattproofError("STORE_CONTENDED", "Other records of the same meter came in between every time.");
    },
  };
}

function leftToOthers(event: SessionEvent, notBeforeMs: number | undefined): SessionEvent {
  return event.kind === "evidence-completed" && notBeforeMs !== undefined ? { ...event, notBeforeMs } : event;
}

function isOfTransaction({ mediaType }: StoredMessage): boolean {
  return mediaType === ocppRecordMediaType;
}

function eventOf(judgement: Exclude<SessionJudgement, { kind: "complete" }>): SessionEvent {
  if (judgement.kind === "nothing") return { kind: "evidence-added" };
  if (judgement.kind === "begun") return { kind: "evidence-begun" };
  return { kind: "evidence-disputed", reason: judgement.reason, isFinal: judgement.isFinal };
}

function recordOf(claimed: Claim, spans: readonly RegisterSpan[], energyWh: string | null, mark: Mark): EvidenceRecord {
  const { verified, session, message } = claimed;
  return {
    recordIdentity: claimed.identity,
    sessionId: session.sessionId,
    messageId: message.messageId,
    record: message.record,
    payloadSha256: verified.payloadSha256,
    meterKeyId: claimed.meterKeyId,
    paginationContext: verified.pagination.context,
    paginationNumber: verified.pagination.number,
    isBoundToSession: claimed.isBound,
    isSettleableByMeter: mark,
    energyWh,
    spans,
    ...keptOf(verified),
  };
}

function refusal(verdict: RecordRefusal): WattproofError {
  return new WattproofError(verdict.code, verdict.detail);
}
