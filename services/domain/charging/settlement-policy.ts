import type { EvidenceGrade, TransactionAssessment } from "./assess-transaction.ts";
import { severityOf } from "./findings.ts";

/** What an operator lets settle without a person looking. A disputed session never does, and no policy can say so. */
export interface EvidencePolicy {
  readonly grades: Readonly<Record<Exclude<EvidenceGrade, "disputed">, "settle" | "settle-up-to-cap" | "hold">>;
  /** Whether unsigned energy with a suspicion settles like other unsigned energy. */
  readonly settlesSuspicious: boolean;
  /** Whether unsigned energy must have every sequence number of its messages, where they are numbered. */
  readonly requiresEveryMessage: boolean;
}

/** Signed energy settles; unsigned energy up to what the driver agreed to at open; nothing that is suspicious. */
export const defaultEvidencePolicy: EvidencePolicy = {
  grades: { "meter-signed-bound": "settle", "meter-signed": "settle", "plausible-unsigned": "settle-up-to-cap" },
  settlesSuspicious: false,
  requiresEveryMessage: false,
};

export type SettlementDecision =
  | { readonly kind: "settle" }
  | {
      readonly kind: "hold";
      readonly reason:
        | "DISPUTED"
        | "UNRESOLVED"
        | "TARIFF_NOT_ASSIGNED"
        | "GRADE_HELD"
        | "SUSPICIOUS"
        | "INCOMPLETE"
        | "CAP_NOT_AGREED"
        | "CAP_EXCEEDED";
    };

/**
 * Whether an assessed transaction settles by itself. A session above the cap is held whole: settling a part of it would
 * state an energy that nobody measured.
 * @param price.grossMicro What the session costs at its tariff, in 10⁻⁶ token.
 * @param price.unsignedCapMicro The most that the driver agreed to pay on unsigned readings; `null` if on none.
 * @param price.isRefused The operator does not offer the session's tariff at its EVSE: no evidence makes up for that.
 */
export function decideSettlement(
  assessment: Pick<TransactionAssessment, "grade" | "reasons" | "flags" | "completeness">,
  policy: EvidencePolicy,
  price: { readonly grossMicro: bigint; readonly unsignedCapMicro: bigint | null; readonly isRefused?: boolean },
): SettlementDecision {
  const { grade, reasons, flags, completeness } = assessment;
  if (grade === "disputed") return { kind: "hold", reason: "DISPUTED" };
  const found = [...reasons, ...flags];
  if (grade === "plausible-unsigned" && found.some((code) => severityOf(code) === "unresolved")) {
    return { kind: "hold", reason: "UNRESOLVED" };
  }
  if (price.isRefused === true) return { kind: "hold", reason: "TARIFF_NOT_ASSIGNED" };
  const rule = policy.grades[grade];
  if (rule === "hold") return { kind: "hold", reason: "GRADE_HELD" };
  if (grade === "plausible-unsigned") {
    const isSuspicious = found.some((code) => severityOf(code) === "suspicion");
    if (isSuspicious && !policy.settlesSuspicious) return { kind: "hold", reason: "SUSPICIOUS" };
    if (completeness === "incomplete" && policy.requiresEveryMessage) return { kind: "hold", reason: "INCOMPLETE" };
  }
  // What costs nothing needs nobody's agreement.
  if (rule === "settle" || price.grossMicro === 0n) return { kind: "settle" };
  if (price.unsignedCapMicro === null) return { kind: "hold", reason: "CAP_NOT_AGREED" };
  return price.grossMicro <= price.unsignedCapMicro ? { kind: "settle" } : { kind: "hold", reason: "CAP_EXCEEDED" };
}
