import { assessTransaction, type AssessmentInput, type TransactionAssessment } from "./assess-transaction.ts";
import { severityOf, sortFindings, type FindingCode } from "./findings.ts";
import { isTransactionMessage } from "./message.ts";
import { messageKeyOf } from "./natural-key.ts";

/** What a transaction was settled on. */
export interface SettledTransaction {
  readonly assessment: TransactionAssessment;
  /** `messageKeyOf` of every message that was there. */
  readonly messageKeys: readonly string[];
}

/**
 * A settled transaction after more messages arrived: the same energy and grade, for ever, with what the late messages
 * say as flags (docs/ocpp-energy.md, rule 4). Repeats of what was there are no news.
 * @param input All messages, the late ones among them.
 */
export function reviewSettled(settled: SettledTransaction, input: AssessmentInput): TransactionAssessment {
  const known = new Set(settled.messageKeys);
  const isLate = input.messages.some((message) => isTransactionMessage(message) && !known.has(messageKeyOf(message)));
  if (!isLate) return settled.assessment;
  const assessment = assessTransaction(input);
  const notices = assessment.flags.filter((code) => severityOf(code) === "notice");
  const findings: FindingCode[] = [...settled.assessment.flags, ...notices, "LATE_MESSAGE"];
  if (assessment.energyMicroWh !== settled.assessment.energyMicroWh) findings.push("LATE_CONTRADICTION");
  return { ...settled.assessment, flags: sortFindings(findings) };
}
