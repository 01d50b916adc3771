import { sortFindings } from "../domain/charging/findings.ts";
import { greatestStoredNumber, isInOrder, measure } from "../domain/evidence.ts";
import type { RegisterSpan } from "../domain/evidence.ts";
import { isTakingRecords } from "../domain/session.ts";
import { WattproofError } from "../errors.ts";
import type { SessionStep } from "../store/steps.ts";
import type { EvidenceRecord, Station, Store, StoredMessage, StoredSession } from "../store/store.ts";
import type { Chain, RegisteredMeter } from "../chain/chain.ts";
import type { Metrics } from "../observability/metrics.ts";
import { evidenceStep, finalDispute, type SessionCompleter } from "./complete-session.ts";
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
  readonly completer: SessionCompleter;
  readonly prices: PriceJudge;
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
    const { step, energyWh } = await decide(claimed, spans, notBeforeMs);
    const { outcome } = await store.commitStep({
      session: step,
      message: {
        messageId: message.messageId,
        verdict: { outcome: "accepted", code: null, detail: null, recordIdentity: claimed.identity },
        record: recordOf(claimed, spans, energyWh, mark),
        meterKeyId: claimed.meterKeyId,
        expectedRecordCount,
      },
    });
    if (outcome === "stale") return null;
    deps.metrics.evidenceRecords.inc({ settleable_by_meter: mark === null ? "unknown" : mark ? "yes" : "no" });
    deps.completer.announce(session, step);
    return {
      recordIdentity: claimed.identity,
      sessionId: session.sessionId,
      sessionState: step.change.next.status,
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
    const step = evidenceStep(session, finalDispute(code), message.receivedAtMs);
    const { outcome } = await store.commitStep({
      session: step,
      message: {
        messageId: message.messageId,
        verdict: { outcome: "refused", code, detail: error.detail, recordIdentity: identity },
        record: null,
        meterKeyId: claimed.meterKeyId,
        expectedRecordCount,
      },
    });
    if (outcome === "stale") return null;
    deps.completer.announce(session, step);
    throw error;
  }

  /** The step of the session, and what it delivered by this record. */
  async function decide(
    claimed: Claim,
    spans: readonly RegisterSpan[],
    notBeforeMs: number | undefined,
  ): Promise<{ readonly step: SessionStep; readonly energyWh: string | null }> {
    const { verified, meter, session, message } = claimed;
    const { sessionId, sequence } = session;
    const atMs = message.receivedAtMs;
    const stepBy = (event: Parameters<typeof evidenceStep>[1]) => evidenceStep(session, event, atMs);
    const ownEnergyWh = verified.energyWh === null ? null : formatDecimal(verified.energyWh);
    if (!(await areInOrder(claimed, spans))) {
      return { step: stepBy(finalDispute("REGISTER_OUT_OF_ORDER")), energyWh: ownEnergyWh };
    }
    const judgement = await readings.judgeWith({ sessionId, sequence, meter }, verified);
    if (judgement.kind !== "complete") return { step: stepBy(eventOf(judgement)), energyWh: ownEnergyWh };
    const { energyWh } = judgement;
    const metered = measure(judgement.begin, judgement.end);
    if (metered === null) return { step: stepBy(finalDispute("METERING_OUT_OF_RANGE")), energyWh };
    // The transaction is assessed as a whole when it is over: what the station says beside its meter counts, too.
    const isLeftToTransaction = isOfTransaction(message) && session.state.closing === null;
    if (isLeftToTransaction && (await store.findCdr(sessionId)) === null) {
      return { step: stepBy({ kind: "evidence-added" }), energyWh };
    }
    const earlier = await store.readRecordRange(sessionId);
    const isBound = claimed.isBound && earlier?.areAllBound !== false;
    const judge: Parameters<SessionCompleter["conclude"]>[1]["judge"] = ({ findings }) => {
      const evidence = { grade: isBound ? "meter-signed-bound" : "meter-signed", completeness: "unknown" } as const;
      const reasons = [isBound ? "SIGNED_AND_BOUND" : "SIGNED"] as const;
      return { assessment: { ...evidence, reasons, flags: sortFindings(findings) }, energyWh, metered };
    };
    const step = await deps.completer.conclude(session, { judge, atMs, notBeforeMs });
    return { step: step ?? stepBy({ kind: "evidence-added" }), energyWh };
  }

  async function areInOrder({ meterKeyId, verified }: Claim, spans: readonly RegisterSpan[]): Promise<boolean> {
    const { context, number } = verified.pagination;
    for (const span of spans) {
      const neighbours = await store.readNeighbours(meterKeyId, span.register, context, number);
      if (!isInOrder(span, neighbours)) return false;
    }
    return true;
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

function isOfTransaction({ mediaType }: StoredMessage): boolean {
  return mediaType === ocppRecordMediaType;
}

function eventOf(judgement: Exclude<SessionJudgement, { kind: "complete" }>): Parameters<typeof evidenceStep>[1] {
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
