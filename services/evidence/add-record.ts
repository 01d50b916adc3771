import type { RegisterSpan } from "../domain/evidence.ts";
import { isTakingRecords } from "../domain/session.ts";
import { WattproofError } from "../errors.ts";
import type { Chain } from "../chain/chain.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { MessageVerdict } from "../store/messages.ts";
import type { NewEvidenceRecord, SessionStep } from "../store/steps.ts";
import type { EvidenceRecord, Store } from "../store/store.ts";
import { evidenceStep, finalDispute, type SessionCompleter } from "./complete-session.ts";
import { createRecordDecision } from "./decide-record.ts";
import { isSettleableByMeter } from "./mark-record.ts";
import type { RecordAnswer } from "./receive-record.ts";
import { spansOf } from "./session-judge.ts";
import { keptOf } from "./session-readings.ts";
import { requireServed, type RecordVerifier, type VerifiedClaim } from "./verify-record.ts";

/**
 * Adds a verified record to its session, and moves the session by what all its records prove together.
 *
 * The record, its verdict, the session's step and its CDR are written in one commit. The step is computed again where the
 * session or the meter's records moved meanwhile.
 * @throws RECORD_CONFLICT and RECORD_REPLAYED where key and pagination count already with other bytes or in another session,
 * SESSION_CLOSED, RECORD_OUT_OF_RANGE, OCMF_SESSION_TOO_LONG, TARIFF_MISSING, STORE_CONTENDED
 */
export type RecordAdder = (claim: VerifiedClaim, notBeforeMs: number | undefined) => Promise<RecordAnswer>;

export interface RecordAdderDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "canContractRead">;
  readonly verifier: RecordVerifier;
  readonly completer: SessionCompleter;
  readonly metrics: Pick<Metrics, "evidenceRecords">;
}

type Mark = EvidenceRecord["isSettleableByMeter"];

/** How often a step is computed again because its session or meter moved on meanwhile. */
const contentionLimit = 16;

export function createRecordAdder(deps: RecordAdderDeps): RecordAdder {
  const { store, completer } = deps;
  const decide = createRecordDecision(deps);

  /** @returns `null` if something else moved first. */
  async function attempt(
    claim: VerifiedClaim,
    readMark: () => Promise<Mark>,
    notBeforeMs: number | undefined,
  ): Promise<RecordAnswer | null> {
    const { session, identity, meterKeyId } = claim;
    requireServed(session);
    const expectedRecordCount = await store.countRecords(meterKeyId);
    const known = await store.findRecord(identity);
    if (known !== null) return meetKnown(claim, known, expectedRecordCount);

    if (!isTakingRecords(session.state)) {
      throw new WattproofError("SESSION_CLOSED", `The session is ${session.state.status}.`);
    }
    const spans = spansOf(claim.verified);
    if (spans === null) throw new WattproofError("RECORD_OUT_OF_RANGE", "A register value is beyond 63 bits.");
    const mark = await readMark();
    const { step, energyWh } = await decide(claim, spans, notBeforeMs);
    const verdict = { outcome: "accepted", code: null, detail: null, recordIdentity: identity } as const;
    const record = recordOf(claim, spans, energyWh, mark);
    if (!(await commit(claim, { verdict, record, step, expectedRecordCount }))) return null;
    deps.metrics.evidenceRecords.inc({ settleable_by_meter: mark === null ? "unknown" : mark ? "yes" : "no" });
    const { sessionId } = session;
    const sessionState = step.change.next.status;
    return { recordIdentity: identity, sessionId, sessionState, energyWh, isDuplicate: false };
  }

  /** @returns whether it was written */
  async function commit(
    { message: { messageId }, session, meterKeyId }: VerifiedClaim,
    {
      step,
      ...judged
    }: {
      readonly verdict: MessageVerdict;
      readonly record: NewEvidenceRecord | null;
      readonly step: SessionStep;
      readonly expectedRecordCount: number;
    },
  ): Promise<boolean> {
    const message = { messageId, meterKeyId, ...judged };
    if ((await store.commitStep({ session: step, message })).outcome === "stale") return false;
    completer.announce(session, step);
    return true;
  }

  /** A record with this key and pagination counts already. */
  async function meetKnown(
    claim: VerifiedClaim,
    known: EvidenceRecord,
    expectedRecordCount: number,
  ): Promise<RecordAnswer | null> {
    const { message, session, identity, verified } = claim;
    const isSameSession = known.sessionId === session.sessionId;
    if (isSameSession && known.payloadSha256 === verified.payloadSha256) {
      if (message.verdict?.outcome !== "accepted") {
        const verdict = { outcome: "accepted", code: null, detail: null, recordIdentity: identity } as const;
        await store.setVerdict(message.messageId, verdict);
      }
      const { sessionId, energyWh } = known;
      return { recordIdentity: identity, sessionId, sessionState: session.state.status, energyWh, isDuplicate: true };
    }

    const code = isSameSession ? "RECORD_CONFLICT" : "RECORD_REPLAYED";
    const error = new WattproofError(code, `Pagination ${verified.pagination.number} of this meter is taken.`);
    // Only the meter itself can cast doubt on a session: by signing another record under this session's tag. A record
    // that merely was sent for it proves nothing against it.
    const isDoubtful = claim.isBound && isTakingRecords(session.state) && session.state.dispute?.isFinal !== true;
    if (!isDoubtful) throw error;
    const step = evidenceStep(session, finalDispute(code), message.receivedAtMs);
    const verdict = { outcome: "refused", code, detail: error.detail, recordIdentity: identity } as const;
    if (!(await commit(claim, { verdict, record: null, step, expectedRecordCount }))) return null;
    throw error;
  }

  return async (claim, notBeforeMs) => {
    const { sessionId } = claim.session;
    // A step that is computed again does not ask the chain again.
    let mark: Promise<Mark> | undefined;
    const { meter, isBound, verified } = claim;
    const readMark = () => (mark ??= isSettleableByMeter(deps.chain, { meter, isBound, payload: verified.payload }));
    for (let attempts = 0; attempts < contentionLimit; attempts += 1) {
      // The session may have moved since the record was verified, and did where the last attempt was stale.
      const session = await store.findSession(sessionId);
      if (session === null) throw new WattproofError("STORE_CORRUPT", `Session ${sessionId} is gone.`);
      const answer = await attempt({ ...claim, session }, readMark, notBeforeMs);
      if (answer !== null) return answer;
    }
    throw new WattproofError("STORE_CONTENDED", "Other records of the same meter came in between every time.");
  };
}

function recordOf(
  { verified, session, message, identity, meterKeyId, isBound }: VerifiedClaim,
  spans: readonly RegisterSpan[],
  energyWh: string | null,
  mark: Mark,
): NewEvidenceRecord {
  return {
    recordIdentity: identity,
    sessionId: session.sessionId,
    messageId: message.messageId,
    payloadSha256: verified.payloadSha256,
    meterKeyId,
    paginationContext: verified.pagination.context,
    paginationNumber: verified.pagination.number,
    isBoundToSession: isBound,
    isSettleableByMeter: mark,
    energyWh,
    spans,
    ...keptOf(verified),
  };
}
