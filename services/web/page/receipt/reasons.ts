import type { ReceiptCheck } from "../../../receipts/receipt-check.ts";
import type { TextKey } from "../text/translation.ts";

/** The five sentences behind a seal, in the order of a charge. */
export const reasonNames = ["reading", "meter", "charge", "price", "payment"] as const;
export type ReasonName = (typeof reasonNames)[number];

/** One sentence; it holds if none of its checks fails. */
export interface Reason {
  readonly name: ReasonName;
  readonly key: TextKey;
  readonly holds: boolean;
}

const names: Readonly<Record<ReasonName, readonly RegExp[]>> = {
  reading: [/^energy/u, /^record [0-9]+: sha256$/u, /^form$/u, /^grade$/u, /^consent$/u],
  meter: [/^record [0-9]+: signature/u, /^meter /u, /^EVSE of operator$/u],
  charge: [/idTag$/u, /^session id$/u, /^opening: /u],
  price: [/^tariff$/u, /^price$/u, /^proven price$/u, /^charging time$/u, /^connected time$/u, /^charged$/u, /^hold$/u],
  payment: [/^returned$/u, /^chain$/u, /^settlement: /u, /^bounds$/u, /^challenge: /u, /^contract/u],
};

/** Which sentence a check belongs to; `null` for one that belongs to none, which a test keeps from happening. */
export function reasonOfCheck(name: string): ReasonName | null {
  return reasonNames.find((reason) => names[reason].some((pattern) => pattern.test(name))) ?? null;
}

/** The sentences with their verdicts. What belongs to none counts against all, lest anything fails unseen. */
export function reasonsOf(checks: readonly ReceiptCheck[]): readonly Reason[] {
  const failed = new Set(
    checks.filter(({ outcome }) => outcome === "fails").map(({ name }) => reasonOfCheck(name) ?? "any"),
  );
  return reasonNames.map((name) => ({
    name,
    key: `reason.${name}` as const,
    holds: !failed.has(name) && !failed.has("any"),
  }));
}
