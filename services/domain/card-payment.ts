import { refundedBy, totalOf } from "./session-amounts.ts";
import type { SessionState } from "./session.ts";

/**
 * Where a driver's payment by card is.
 * - `authorizing`: the provider is asked for a page on which the driver enters the card.
 * - `awaiting-driver`: the driver has the address of that page.
 * - `opening`: the provider reserved the money; a session of the proxy account is signed and on its way to the chain.
 * - `charging`: the chain has the session.
 * - `closing`: what is owed is known; the provider is told to take it and to free the rest.
 * - `closed`: the provider did. It is looked at again until disputes and lower prices are over.
 */
export const cardPaymentStatuses = [
  "authorizing",
  "awaiting-driver",
  "opening",
  "charging",
  "closing",
  "closed",
] as const;
export type CardPaymentStatus = (typeof cardPaymentStatuses)[number];

/** What a payment has come to. `uncollected`: the proxy paid more on the chain than the provider took. */
export type CardPaymentOutcome = "paid" | "nothing-due" | "not-paid" | "not-opened" | "uncollected";

/** A payment as the provider knows it. Amounts are in minor units, hundredths of the currency. */
export interface CardAccount {
  /** `released`: nothing was taken, and nothing can be taken any more. */
  readonly status: "awaiting-driver" | "authorized" | "captured" | "released";
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** What the driver's bank has called back, or may. */
  readonly disputedMinor: number;
}

/** What the provider is to be told next. `missingMinor`: owed, and not to be had any more. */
export type CardStep =
  | { readonly kind: "release" }
  | { readonly kind: "capture"; readonly amountMinor: number }
  | { readonly kind: "refund"; readonly amountMinor: number }
  | { readonly kind: "done"; readonly missingMinor: number };

/** Micro-tokens (1e-6) in a hundredth of the currency: one token is one unit of the currency. */
const microPerMinor = 10_000n;

/** What the proxy has paid for the session on the chain, in micro-tokens (1e-6); `null` as long as that is not known. */
export function owedMicroOf({
  closing,
  challenge,
  refunds,
}: Pick<SessionState, "closing" | "challenge" | "refunds">): bigint | null {
  if (closing === null || closing.kind === "skipped") return null;
  if (closing.kind === "expired") return 0n;
  const givenBackMicro = totalOf(refunds) + (challenge === null ? 0n : refundedBy(challenge));
  return closing.chargedMicro > givenBackMicro ? closing.chargedMicro - givenBackMicro : 0n;
}

/** What the driver owes, rounded to the driver's favour: the proxy bears less than a hundredth for each session. */
export function minorRoundedDown(micro: bigint): number {
  return Number(micro / microPerMinor);
}

/** What is reserved on the card, so that it covers the whole hold. */
export function minorRoundedUp(micro: bigint): number {
  return Number((micro + microPerMinor - 1n) / microPerMinor);
}

/** A hold as the card covers it to the hundredth. */
export function holdOfMinor(minor: number): bigint {
  return BigInt(minor) * microPerMinor;
}

/**
 * How the provider gets from where it is to what is owed. Each step is decided on what the provider says now, so that a step
 * whose answer was lost is not done twice.
 */
export function stepToward(owedMinor: number, account: CardAccount): CardStep {
  const { status, authorizedMinor, capturedMinor, refundedMinor, disputedMinor } = account;
  if (status === "awaiting-driver") return { kind: "release" };
  if (status === "authorized") {
    const amountMinor = Math.min(owedMinor, authorizedMinor);
    return amountMinor === 0 ? { kind: "release" } : { kind: "capture", amountMinor };
  }
  const takenMinor = capturedMinor - refundedMinor;
  // While the bank calls money back, a refund would return it a second time.
  if (takenMinor > owedMinor && disputedMinor === 0) return { kind: "refund", amountMinor: takenMinor - owedMinor };
  return { kind: "done", missingMinor: Math.max(0, owedMinor - takenMinor) };
}

/** What a payment of an opened session has come to. */
export function outcomeOf(owedMinor: number, missingMinor: number): CardPaymentOutcome {
  if (missingMinor > 0) return "uncollected";
  return owedMinor === 0 ? "nothing-due" : "paid";
}

/** Where a payment may go next. A session whose end is known can lead back from `closing`, if the chain opens it late. */
const nextStatuses: Readonly<Record<CardPaymentStatus, readonly CardPaymentStatus[]>> = {
  authorizing: ["awaiting-driver", "closing", "closed"],
  "awaiting-driver": ["opening", "closing", "closed"],
  opening: ["charging", "closing"],
  charging: ["closing"],
  closing: ["closed", "charging"],
  closed: [],
};

export function isNextStatus(from: CardPaymentStatus, to: CardPaymentStatus): boolean {
  return from === to || nextStatuses[from].includes(to);
}
