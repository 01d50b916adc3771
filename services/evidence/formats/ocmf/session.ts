import { subtractDecimals } from "../../../domain/decimal.ts";
import { recordLimits } from "./limits.ts";
import { isSameKey } from "./public-key.ts";
import { quote, refuse, withVerdict } from "./refusal.ts";
import { recordIdentity } from "./record-identity.ts";
import { requireConsistentReadings } from "./registers.ts";
import type { BillingReading, RecordReading, Refusal, SessionVerdict, Unsupported, VerifiedSession } from "./types.ts";

/**
 * Judges the records of one charging session together. They may come in any order: pagination is signed and sorts
 * them. All must be accepted by themselves, be of one key, meter, gateway and user, and follow each other without a
 * gap, begin in the first and end in the last; a session of one record needs both in it.
 */
export function judgeSession(verdicts: readonly (RecordReading | Refusal | Unsupported)[]): SessionVerdict {
  return withVerdict(() => acceptSession(verdicts));
}

function acceptSession(verdicts: readonly (RecordReading | Refusal | Unsupported)[]): SessionVerdict {
  if (verdicts.length === 0) return refuse("OCMF_SESSION_EMPTY", "there is no record");
  if (verdicts.length > recordLimits.sessionRecords) {
    return refuse("OCMF_SESSION_TOO_LONG", `${verdicts.length} records; the limit is ${recordLimits.sessionRecords}`);
  }
  const records: RecordReading[] = [];
  for (const [index, verdict] of verdicts.entries()) {
    if (verdict.verdict !== "accepted") return { ...verdict, detail: `record ${index + 1}: ${verdict.detail}` };
    records.push(verdict);
  }
  records.sort((left, right) => compareIntegers(left.pagination.number, right.pagination.number));
  requireOneSource(records);
  requireNoReplay(records);
  requireNoGap(records);
  return acceptReadings(records);
}

function requireOneSource(records: readonly RecordReading[]): void {
  const [first, ...others] = records;
  for (const other of others) {
    if (first === undefined) return;
    if (!isSameKey(first.key, other.key)) refuse("OCMF_SESSION_KEY_MISMATCH", "two meter keys");
    if (first.meterSerial !== other.meterSerial) {
      refuse("OCMF_SESSION_METER_MISMATCH", `MS ${show(first.meterSerial)} and ${show(other.meterSerial)}`);
    }
    if (first.gatewaySerial !== other.gatewaySerial) {
      refuse("OCMF_SESSION_METER_MISMATCH", `GS ${show(first.gatewaySerial)} and ${show(other.gatewaySerial)}`);
    }
    if (first.identification !== other.identification) {
      refuse("OCMF_SESSION_IDENTIFICATION_MISMATCH", "ID differs between the records");
    }
  }
}

function requireNoReplay(records: readonly RecordReading[]): void {
  const seen = new Set<string>();
  for (const { key, pagination } of records) {
    const identity = recordIdentity(key, pagination);
    if (seen.has(identity)) refuse("OCMF_SESSION_REPLAY", `PG ${pagination.context}${pagination.number} twice`);
    seen.add(identity);
  }
}

function requireNoGap(records: readonly RecordReading[]): void {
  for (const [index, record] of records.entries()) {
    const previous = records[index - 1]?.pagination.number;
    if (previous !== undefined && record.pagination.number !== previous + 1n) {
      refuse("OCMF_SESSION_PAGINATION_GAP", `PG T${previous} is followed by T${record.pagination.number}`);
    }
  }
}

function acceptReadings(records: readonly RecordReading[]): VerifiedSession {
  const begins = records.filter((record) => record.begin !== null);
  const ends = records.filter((record) => record.end !== null);
  if (begins.length > 1) return refuse("OCMF_SESSION_BEGIN_REPEATED", `${begins.length} records have a begin`);
  if (ends.length > 1) return refuse("OCMF_SESSION_END_REPEATED", `${ends.length} records have an end`);
  const begin = begins[0]?.begin ?? refuse("OCMF_SESSION_BEGIN_MISSING", "no record has a begin");
  const end = ends[0]?.end ?? refuse("OCMF_SESSION_END_MISSING", "no record has an end");
  if (begins[0] !== records[0]) return refuse("OCMF_SESSION_ORDER", "the begin is not in the first record");
  if (ends[0] !== records.at(-1)) return refuse("OCMF_SESSION_ORDER", "the end is not in the last record");
  if (begin.register !== end.register) {
    return refuse("OCMF_REGISTER_MISMATCH", `begin ${quote(begin.register)}, end ${quote(end.register)}`);
  }
  requireConsistentReadings(records.flatMap((record) => readingsOf(record, begin.register)));
  return {
    verdict: "accepted",
    records,
    begin,
    end,
    energyWh: subtractDecimals(end.registerWh, begin.registerWh),
  };
}

function readingsOf(record: RecordReading, register: string): readonly BillingReading[] {
  return record.registers.find((candidate) => candidate.register === register)?.readings ?? [];
}

function compareIntegers(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function show(serial: string | null): string {
  return serial === null ? "missing" : quote(serial);
}
