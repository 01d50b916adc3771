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

/** What the session costs, or that its evidence gives nothing that could be priced. */
export type SettlementPrice =
  | {
      readonly kind: "priced";
      /** What the session costs at its tariff, with tax, in micro-tokens (1e-6). */
      readonly grossMicro: bigint;
      /** The most that the driver agreed to pay on unsigned readings, in micro-tokens; `null` if on none. */
      readonly unsignedCapMicro: bigint | null;
      /** The operator does not offer the session's tariff at its EVSE: no evidence makes up for that. */
      readonly isRefused?: boolean;
    }
  | { readonly kind: "unpriced" };

/**
 * Whether the evidence of a session settles it without a person looking. A session above the cap is held whole: settling a
 * part of it would state an energy that nobody measured. What has no price never settles.
 */
export function decideSettlement(
  assessment: Pick<TransactionAssessment, "grade" | "reasons" | "flags" | "completeness">,
  policy: EvidencePolicy,
  price: SettlementPrice,
): SettlementDecision {
  const { grade, reasons, flags, completeness } = assessment;
  if (grade === "disputed") return { kind: "hold", reason: "DISPUTED" };
  const found = [...reasons, ...flags];
  if (grade === "plausible-unsigned" && found.some((code) => severityOf(code) === "unresolved")) {
    return { kind: "hold", reason: "UNRESOLVED" };
  }
  if (price.kind === "unpriced") return { kind: "hold", reason: "UNRESOLVED" };
  if (price.isRefused === true) return { kind: "hold", reason: "TARIFF_NOT_ASSIGNED" };
  // The grades are about energy that was reported. Where no station began, there is none, and the hold is free.
  if (reasons.includes("NOT_STARTED") && price.grossMicro === 0n) return { kind: "settle" };
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
