import type { MeteredSession, MeterPoint } from "../evidence.ts";
import { measure } from "../evidence.ts";
import { isSameIdTag } from "../id-tag.ts";
import type { FindingCode } from "./findings.ts";
import { isStepPlausible } from "./register-walk.ts";

/** What the verified records of a session prove together. */
export type SignedJudgement =
  | { readonly kind: "nothing" }
  | { readonly kind: "begun" }
  | {
      readonly kind: "complete";
      readonly begin: MeterPoint;
      readonly end: MeterPoint;
      /** The exact difference, as a canonical decimal. */
      readonly energyWh: string;
    }
  | { readonly kind: "disputed"; readonly reason: string; readonly isFinal: boolean };

/**
 * `replayed`: key and pagination count in another session. `stale`: they were never seen, but a later number of the same
 * meter counts in a session that began before this one.
 */
export type RecordFreshness = "fresh" | "replayed" | "stale";

/** What is known of one record that came for a session, after it was verified under the registered key. */
export interface SignedRecord {
  readonly verdict: "accepted" | "refused" | "unsupported";
  /** `ID`; `null` where the record has none or was not accepted. */
  readonly identification: string | null;
  /** `IS`; `false` says that `ID` means nobody. */
  readonly isAssigned: boolean | null;
  /** Whether `MS` is the registered serial; `null` where one of the two is not known. */
  readonly isExpectedMeter: boolean | null;
  /** How the key that came along compares with the registered one; `null` where none came. */
  readonly enclosedKey: "same" | "different" | "unreadable" | null;
  readonly freshness: RecordFreshness;
  /** Whether the meter signed a number by which values follow each other. */
  readonly hasCounter: boolean;
}

/** All that was signed for a session. */
export interface SignedEvidence {
  readonly records: readonly SignedRecord[];
  /** The judgement over the accepted records alone. */
  readonly judgement: SignedJudgement;
}

/** What signed values are held against. */
export interface SignedContext {
  /** The idTag that was derived from the session; `null` where the session has none. */
  readonly sessionIdTag: string | null;
  /** The tokens that the station says the transaction was started with. */
  readonly idTokens: readonly string[];
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly ratedPowerW: number;
}

export interface SignedOutcome {
  /** `none`: no signed value counts. `doubtful`: one does, and it contradicts itself or another session. */
  readonly kind: "none" | "doubtful" | "covers";
  readonly isBound: boolean;
  readonly metered: MeteredSession | null;
  readonly findings: readonly FindingCode[];
}

/** How far the clocks of meter and station may differ before a signed time is of another transaction. */
const windowToleranceMs = 5 * 60_000;

/**
 * Whether a record is new, by what its key and pagination are known for. A constant pagination passes once and is a
 * replay in every later session.
 * @param countedInSession The session in which this key and pagination count already.
 * @param greatestBefore The greatest pagination of this key that counts in sessions which began before this one.
 */
export function judgeFreshness(
  record: { readonly sessionId: string; readonly paginationNumber: bigint },
  countedInSession: string | null,
  greatestBefore: bigint | null,
): RecordFreshness {
  if (countedInSession !== null && countedInSession !== record.sessionId) return "replayed";
  return greatestBefore !== null && record.paginationNumber <= greatestBefore ? "stale" : "fresh";
}

/**
 * What the signed values of a session are worth (docs/ocpp-energy.md, rule 11). A value that is claimed and does not hold makes the
 * session unsigned and suspicious; one that contradicts itself, or counts elsewhere, makes it disputed.
 */
export function judgeSigned(evidence: SignedEvidence | null, context: SignedContext): SignedOutcome {
  const nothing = { isBound: false, metered: null };
  if (evidence === null || evidence.records.length === 0) return { kind: "none", ...nothing, findings: [] };
  const { records, judgement } = evidence;
  const findings = records.flatMap(findingsOfRecord);
  if (records.some(({ freshness }) => freshness === "replayed")) {
    return { kind: "doubtful", ...nothing, findings: [...findings, "SIGNED_RECORD_REPLAYED"] };
  }
  if (judgement.kind === "disputed") {
    return { kind: "doubtful", ...nothing, findings: [...findings, "SIGNED_RECORDS_CONTRADICT"] };
  }
  const accepted = records.filter(({ verdict }) => verdict === "accepted");
  const isBound = accepted.length > 0 && accepted.every((record) => isOfSession(record, context));
  const objections = [...accepted.flatMap((record) => objectionsTo(record, isBound, context))];
  if (judgement.kind !== "complete") {
    if (accepted.length > 0) findings.push("SIGNED_VALUE_INCOMPLETE");
    return { kind: "none", ...nothing, findings: [...findings, ...objections] };
  }

  if (!isInsideWindow(judgement.begin, judgement.end, context)) {
    if (isBound) findings.push("SIGNED_TIME_OUTSIDE");
    else objections.push("SIGNED_TIME_OUTSIDE");
  }
  if (objections.length > 0) return { kind: "none", ...nothing, findings: [...findings, ...objections] };

  const metered = measure(judgement.begin, judgement.end);
  if (metered === null) return { kind: "doubtful", ...nothing, findings: [...findings, "METERING_OUT_OF_RANGE"] };
  if (judgement.end.ceilingMicroWh < judgement.begin.floorMicroWh) {
    return { kind: "doubtful", ...nothing, findings: [...findings, "SIGNED_RECORDS_CONTRADICT"] };
  }
  if (!isDeliverable(metered, judgement.begin, judgement.end, context)) {
    return { kind: "doubtful", ...nothing, findings: [...findings, "SIGNED_IMPLAUSIBLE"] };
  }
  return { kind: "covers", isBound, metered, findings };
}

function findingsOfRecord({ verdict, enclosedKey, hasCounter }: SignedRecord): FindingCode[] {
  const findings: FindingCode[] = [];
  if (verdict === "accepted" && !hasCounter) findings.push("SIGNED_WITHOUT_COUNTER");
  if (verdict === "refused") findings.push("SIGNED_VALUE_INVALID");
  if (verdict === "unsupported") findings.push("SIGNED_VALUE_UNSUPPORTED");
  if (enclosedKey === "different") findings.push("ENCLOSED_KEY_DIFFERS");
  return findings;
}

function objectionsTo(record: SignedRecord, isBound: boolean, context: SignedContext): FindingCode[] {
  const objections: FindingCode[] = [];
  if (!isOfSession(record, context) && !isOfToken(record, context)) objections.push("SIGNED_ID_MISMATCH");
  if (record.isExpectedMeter === false) objections.push("SIGNED_METER_MISMATCH");
  // The session's own idTag inside the record proves more than the order of numbers: the record may only be late.
  if (record.freshness === "stale" && !isBound) objections.push("SIGNED_PAGINATION_STALE");
  return objections;
}

function isOfSession({ identification, isAssigned }: SignedRecord, { sessionIdTag }: SignedContext): boolean {
  if (identification === null || isAssigned === false || sessionIdTag === null) return false;
  return isSameIdTag(identification, sessionIdTag);
}

/** The record names nobody, or whom the station named. */
function isOfToken({ identification, isAssigned }: SignedRecord, { idTokens }: SignedContext): boolean {
  if (identification === null || identification === "" || isAssigned === false) return true;
  return idTokens.some((idToken) => isSameIdTag(idToken, identification));
}

function isInsideWindow(begin: MeterPoint, end: MeterPoint, { startedAtMs, endedAtMs }: SignedContext): boolean {
  const isEarly = isTimeTold(begin) && startedAtMs !== null && begin.epochMs < startedAtMs - windowToleranceMs;
  const isLate = isTimeTold(end) && endedAtMs !== null && end.epochMs > endedAtMs + windowToleranceMs;
  return !isEarly && !isLate;
}

/** Relative times are true as durations only, and unknown ones are not true at all. */
function isTimeTold({ timeQuality, hasTimeError }: MeterPoint): boolean {
  return !hasTimeError && (timeQuality === "S" || timeQuality === "I");
}

/** Whether a station can have delivered this much, in the longer of what meter and station say it took. */
function isDeliverable(metered: MeteredSession, begin: MeterPoint, end: MeterPoint, context: SignedContext): boolean {
  const { startedAtMs, endedAtMs, ratedPowerW } = context;
  if (startedAtMs === null || endedAtMs === null) return true;
  const durationMs = Math.max(0, endedAtMs - startedAtMs, end.epochMs - begin.epochMs) + 1_000;
  const energyWh = { unscaled: metered.energyMicroWh, scale: 6 };
  return isStepPlausible({ energyWh, durationMs, quantumWh: { unscaled: 1n, scale: 0 } }, ratedPowerW);
}
