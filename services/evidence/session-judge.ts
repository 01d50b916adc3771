import type { SignedJudgement } from "../domain/charging/signed-evidence.ts";
import type { MeterPoint, RegisterSpan } from "../domain/evidence.ts";
import { greatestStoredNumber } from "../domain/evidence.ts";
import { compareDecimals, formatDecimal, subtractDecimals, toMicroWh } from "../domain/decimal.ts";
import { isOfTransactionRank } from "./formats/ocmf/obis.ts";
import { judgeSession } from "./formats/ocmf/session.ts";
import type { BillingReading, RecordReading } from "./formats/ocmf/types.ts";

/** What the records of a session prove together. */
export type SessionJudgement = SignedJudgement;

/** What can still be healed: the records in between may be on their way. */
const healableReasons = new Set(["OCMF_SESSION_PAGINATION_GAP"]);

/**
 * Judges all records of a session, in whatever order they arrived. A record that has begin and end covers the session
 * and decides; others must not contradict it. Without one, begin and end come from two records and everything that was
 * signed in between must be there.
 */
export function judgeRecords(records: readonly RecordReading[]): SessionJudgement {
  const [covering] = records.filter((record) => record.begin !== null && record.end !== null);
  if (covering?.begin !== undefined && covering.begin !== null && covering.end !== null) {
    const { begin, end } = covering;
    const isContradicted = records.some((record) => isDifferent(record.begin, begin) || isDifferent(record.end, end));
    if (isContradicted) return { kind: "disputed", reason: "EVIDENCE_CONTRADICTORY", isFinal: true };
    return complete(begin, end);
  }

  const hasBegin = records.some((record) => record.begin !== null);
  const hasEnd = records.some((record) => record.end !== null);
  if (!hasBegin || !hasEnd) return { kind: hasBegin ? "begun" : "nothing" };
  const verdict = judgeSession(records);
  if (verdict.verdict === "accepted") return complete(verdict.begin, verdict.end);
  return { kind: "disputed", reason: verdict.reason, isFinal: !healableReasons.has(verdict.reason) };
}

/**
 * The registers of a record that never run backwards, with their first and last value. Registers that start over with
 * each transaction are left out.
 * @returns `null` if a value is beyond what is stored.
 */
export function spansOf(record: Pick<RecordReading, "registers" | "pagination">): readonly RegisterSpan[] | null {
  const spans: RegisterSpan[] = [];
  // Without a number nobody knows between which others a register stands.
  if (record.pagination.context === "H") return spans;
  for (const register of record.registers) {
    if (isOfTransactionRank(register.rank)) continue;
    const first = register.readings[0];
    const last = register.readings.at(-1);
    if (first === undefined || last === undefined) continue;
    const span = {
      register: register.register,
      beginMicroWh: toMicroWh(first.registerWh, "up"),
      endMicroWh: toMicroWh(last.registerWh, "up"),
    };
    if (span.beginMicroWh < 0n || span.endMicroWh > greatestStoredNumber) return null;
    spans.push(span);
  }
  return spans;
}

function isDifferent(reading: BillingReading | null, expected: BillingReading): boolean {
  return (
    reading !== null &&
    (reading.register !== expected.register || compareDecimals(reading.registerWh, expected.registerWh) !== 0)
  );
}

function complete(begin: BillingReading, end: BillingReading): SessionJudgement {
  const energyWh = formatDecimal(subtractDecimals(end.registerWh, begin.registerWh));
  return { kind: "complete", begin: pointOf(begin), end: pointOf(end), energyWh };
}

function pointOf(reading: BillingReading): MeterPoint {
  return {
    floorMicroWh: toMicroWh(reading.registerWh, "down"),
    ceilingMicroWh: toMicroWh(reading.registerWh, "up"),
    epochMs: reading.time.epochMs,
    timeQuality: reading.time.synchronisation,
    hasTimeError: reading.time.hasTimeError,
  };
}
