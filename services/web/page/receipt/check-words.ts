import type { TextKey } from "../text/translation.ts";

/** What a check is about, in a text of the catalogue. */
export interface CheckWord {
  readonly key: TextKey;
  readonly values: Readonly<Record<string, string>>;
}

/** By the names that the checks of receipts have (services/receipts/), which are those of `npm run verify:receipt`, too. */
const keys: ReadonlyMap<string, TextKey> = new Map([
  ["form", "check.form"],
  ["session id", "check.sessionId"],
  ["idTag", "check.idTag"],
  ["tariff", "check.tariff"],
  ["hold", "check.hold"],
  ["meter number", "check.meterNumber"],
  ["proven price", "check.provenPrice"],
  ["energy", "check.energy"],
  ["energy as text", "check.energyText"],
  ["charging time", "check.chargingTime"],
  ["connected time", "check.connectedTime"],
  ["price", "check.price"],
  ["charged", "check.charged"],
  ["returned", "check.returned"],
  ["chain", "check.chain"],
  ["opening: block", "check.openingBlock"],
  ["opening: event", "check.openingEvent"],
  ["opening: group", "check.openingGroup"],
  ["settlement: block", "check.settlementBlock"],
  ["settlement: event", "check.settlementEvent"],
  ["bounds", "check.bounds"],
  ["challenge: block", "check.challengeBlock"],
  ["challenge: event", "check.challengeEvent"],
  ["challenge: charged", "check.challengeCharged"],
  ["challenge: refund", "check.challengeRefund"],
  ["challenge: sum", "check.challengeSum"],
  ["meter key", "check.meterKey"],
  ["meter at EVSE", "check.meterAtEvse"],
  ["EVSE of operator", "check.evseOfOperator"],
  ["meter valid", "check.meterValid"],
  ["meter provenance", "check.meterProvenance"],
  ["grade", "check.grade"],
  ["consent", "check.consent"],
  ["contracts of this page", "check.pageContracts"],
]);
const recordKeys: ReadonlyMap<string, TextKey> = new Map([
  ["signature and content", "check.recordSignature"],
  ["sha256", "check.recordHash"],
  ["idTag", "check.recordTag"],
]);

/** @returns `null` for a check that has no text, which a test keeps from happening */
export function wordOfCheck(name: string): CheckWord | null {
  const plain = keys.get(name);
  if (plain !== undefined) return { key: plain, values: {} };
  const record = /^record ([0-9]+): (.+)$/u.exec(name);
  const recordKey = recordKeys.get(record?.[2] ?? "");
  if (recordKey !== undefined) return { key: recordKey, values: { number: record?.[1] ?? "" } };
  const link = /^contract (\w+): (\w+)$/u.exec(name);
  return link === null ? null : { key: "check.contractLink", values: { contract: link[1] ?? "", name: link[2] ?? "" } };
}

const order = { fails: 0, warning: 1, holds: 2 } as const;

/** Failures first, then what its holder should know, then what holds; else in the order in which they were made. */
export function failuresFirst<Check extends { readonly outcome: keyof typeof order }>(
  checks: readonly Check[],
): readonly Check[] {
  return checks.toSorted((left, right) => order[left.outcome] - order[right.outcome]);
}
