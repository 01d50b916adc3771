import type { Cdr } from "../domain/cdr.ts";
import type { AssessmentInput, TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import { sortFindings } from "../domain/charging/findings.ts";
import { isTransactionMessage } from "../domain/charging/message.ts";
import { messageKeyOf } from "../domain/charging/natural-key.ts";
import { reviewSettled } from "../domain/charging/settled-transaction.ts";
import { evidenceStep } from "../evidence/complete-session.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { SessionStep } from "../store/steps.ts";
import type { StoredSession } from "../store/store.ts";

/** A transaction of a session that is complete, and what all its messages come to now. */
export interface LateTransaction {
  readonly transaction: ChargingTransaction;
  readonly session: StoredSession;
  readonly input: AssessmentInput;
  readonly assessment: TransactionAssessment;
  /** What the session is settled on. */
  readonly cdr: Cdr;
}

/**
 * Looks at a transaction whose session is complete. What came after that changes no energy; it is shown, and the operator
 * is told of it once.
 * @returns the assessment that is kept, and the session's step if there is anything new to show
 */
export function reviewLate(
  { transaction, session, input, assessment, cdr }: LateTransaction,
  { desk, nowMs }: { readonly desk: OperatorDesk; readonly nowMs: number },
): { readonly assessment: TransactionAssessment; readonly step: SessionStep | null } {
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
            messageKeys: wasThere.flatMap((message) => (isTransactionMessage(message) ? [messageKeyOf(message)] : [])),
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
  const step = isNews ? evidenceStep(session, { kind: "evidence-flagged", flags }, nowMs) : null;
  return { assessment: reviewed, step };
}

function withLateFindings(assessment: TransactionAssessment, isContradiction: boolean): TransactionAssessment {
  if (!isContradiction) return assessment;
  return { ...assessment, flags: sortFindings([...assessment.flags, "LATE_MESSAGE", "LATE_CONTRADICTION"]) };
}
