import type { RecordFreshness, SignedRecord } from "../domain/charging/signed-evidence.ts";
import { isSameKey, parsePublicKey } from "./formats/ocmf/public-key.ts";
import type { PublicKey, RecordReading, Refusal, Unsupported } from "./formats/ocmf/types.ts";

/** What is known about a record beside what it says. */
export interface RecordCircumstances {
  /** The key under which the meter is registered, and the record was verified. */
  readonly registeredKey: PublicKey;
  /** The text of the key that came along. */
  readonly enclosedKey: string | null;
  /** Whether `MS` is the registered serial; `null` where the registry does not know it. */
  readonly isExpectedMeter: (meterSerial: string) => boolean | null;
  readonly freshness: RecordFreshness;
}

/** A verified record, as the rules of evidence take it. */
export function describeRecord(
  verdict: RecordReading | Pick<Refusal | Unsupported, "verdict">,
  circumstances: RecordCircumstances,
): SignedRecord {
  const { registeredKey, enclosedKey, isExpectedMeter, freshness } = circumstances;
  const shared = { enclosedKey: compareEnclosedKey(enclosedKey, registeredKey), freshness };
  if (verdict.verdict !== "accepted") {
    const nothing = { identification: null, isAssigned: null, isExpectedMeter: null, hasCounter: true };
    return { ...shared, ...nothing, verdict: verdict.verdict };
  }
  const { identification, isAssigned, meterSerial } = verdict;
  return {
    ...shared,
    verdict: "accepted",
    identification,
    isAssigned,
    hasCounter: verdict.pagination.context !== "H",
    isExpectedMeter: meterSerial === null ? null : isExpectedMeter(meterSerial),
  };
}

/** A key that came with a record proves nothing, whatever it is; that it is another one is worth a look. */
export function compareEnclosedKey(enclosedKey: string | null, registered: PublicKey): SignedRecord["enclosedKey"] {
  if (enclosedKey === null) return null;
  const parsed = parsePublicKey(enclosedKey, registered.curve);
  if ("verdict" in parsed) return "unreadable";
  return isSameKey(parsed, registered) ? "same" : "different";
}
