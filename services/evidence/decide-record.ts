import { formatDecimal } from "../domain/decimal.ts";
import { sortFindings, type FindingCode } from "../domain/charging/findings.ts";
import { isInOrder, measure, type RegisterSpan } from "../domain/evidence.ts";
import type { SessionStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { evidenceStep, finalDispute, type FoundEvidence, type SessionCompleter } from "./complete-session.ts";
import type { SessionJudgement } from "./session-judge.ts";
import { createSessionReadings } from "./session-readings.ts";
import type { RecordVerifier, VerifiedClaim } from "./verify-record.ts";

/**
 * The step of the session with one more verified record, and what it delivered as far as it is known with this record.
 * @param spans The registers of the record.
 * @param notBeforeMs The session is not settled before, in ms since 1970.
 */
export type RecordDecision = (
  claim: VerifiedClaim,
  spans: readonly RegisterSpan[],
  notBeforeMs: number | undefined,
) => Promise<{ readonly step: SessionStep; readonly energyWh: string | null }>;

type EvidenceEvent = Parameters<typeof evidenceStep>[1];

export function createRecordDecision(deps: {
  readonly store: Store;
  readonly verifier: RecordVerifier;
  readonly completer: SessionCompleter;
}): RecordDecision {
  const { store, completer } = deps;
  const readings = createSessionReadings(deps);

  async function areInOrder({ meterKeyId, verified }: VerifiedClaim, spans: readonly RegisterSpan[]): Promise<boolean> {
    const { context, number } = verified.pagination;
    for (const span of spans) {
      const neighbours = await store.readNeighbours(meterKeyId, span.register, context, number);
      if (!isInOrder(span, neighbours)) return false;
    }
    return true;
  }

  return async (claim, spans, notBeforeMs) => {
    const { verified, meter, session, message } = claim;
    const { sessionId, sequence } = session;
    const atMs = message.receivedAtMs;
    const stepBy = (event: EvidenceEvent) => evidenceStep(session, event, atMs);
    const ownEnergyWh = verified.energyWh === null ? null : formatDecimal(verified.energyWh);
    if (!(await areInOrder(claim, spans))) {
      return { step: stepBy(finalDispute("REGISTER_OUT_OF_ORDER")), energyWh: ownEnergyWh };
    }
    const judgement = await readings.judgeWith({ sessionId, sequence, meter }, verified);
    if (judgement.kind !== "complete") return { step: stepBy(eventOf(judgement)), energyWh: ownEnergyWh };
    const { energyWh } = judgement;
    const metered = measure(judgement.begin, judgement.end);
    if (metered === null) return { step: stepBy(finalDispute("METERING_OUT_OF_RANGE")), energyWh };
    // The transaction is assessed as a whole when it is over: what the station says beside its meter counts, too.
    const isLeftToTransaction = message.source.kind === "ocpp" && session.state.closing === null;
    if (isLeftToTransaction && (await store.findCdr(sessionId)) === null) {
      return { step: stepBy({ kind: "evidence-added" }), energyWh };
    }
    const earlier = await store.readRecordRange(sessionId);
    const found = { energyWh, metered, isBound: claim.isBound && earlier?.areAllBound !== false };
    const step = await completer.conclude(session, {
      judge: ({ findings }) => foundInRecords(found, sortFindings([...findings, ...findingsOf(verified)])),
      atMs,
      notBeforeMs,
    });
    return { step: step ?? stepBy({ kind: "evidence-added" }), energyWh };
  };
}

function findingsOf({ pagination }: Pick<VerifiedClaim["verified"], "pagination">): readonly FindingCode[] {
  return pagination.context === "H" ? ["SIGNED_WITHOUT_COUNTER"] : [];
}

/** What records alone prove of a session. What happened beside it does not weaken the meter's word, and is shown. */
function foundInRecords(
  { energyWh, metered, isBound }: Pick<FoundEvidence, "energyWh" | "metered"> & { readonly isBound: boolean },
  flags: FoundEvidence["assessment"]["flags"],
): FoundEvidence {
  const { grade, reasons } = isBound
    ? ({ grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"] } as const)
    : ({ grade: "meter-signed", reasons: ["SIGNED"] } as const);
  return { assessment: { grade, reasons, flags, completeness: "unknown" }, energyWh, metered };
}

function eventOf(judgement: Exclude<SessionJudgement, { kind: "complete" }>): EvidenceEvent {
  if (judgement.kind === "nothing") return { kind: "evidence-added" };
  if (judgement.kind === "begun") return { kind: "evidence-begun" };
  return { kind: "evidence-disputed", reason: judgement.reason, isFinal: judgement.isFinal };
}
