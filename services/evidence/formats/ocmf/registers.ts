import { compareDecimals } from "../../../domain/decimal.ts";
import { isTimeReversed } from "./meter-time.ts";
import { isBegin, isEnd, type ImportReading } from "./readings.ts";
import { quote, refuse } from "./refusal.ts";
import type { BillingReading, RegisterReadings } from "./types.ts";

/**
 * Sorts readings by register, best register first, and refuses a register that contradicts itself. Registers are told
 * apart by the text of `RI`: a meter does not change its spelling within a record.
 */
export function groupByRegister(readings: readonly ImportReading[]): RegisterReadings[] {
  const groups = Map.groupBy(readings, ({ reading }) => reading.register);
  return [...groups.values()].map(buildRegister).sort((left, right) => left.rank - right.rank);
}

/**
 * The register that is billed: the best that has a begin or an end, or `null` where no register has either. A better
 * register with only one of both is never replaced by a worse one that happens to have both.
 */
export function chooseBilledRegister(registers: readonly RegisterReadings[]): RegisterReadings | null {
  const candidates = registers.filter((register) => register.begin !== null || register.end !== null);
  const [best, second] = candidates;
  if (best === undefined) return null;
  if (second?.rank === best.rank) {
    return refuse("OCMF_REGISTER_AMBIGUOUS", `${quote(best.register)} and ${quote(second.register)}`);
  }
  const hasBegin = candidates.some((register) => register.begin !== null);
  const hasEnd = candidates.some((register) => register.end !== null);
  if (hasBegin && hasEnd && (best.begin === null || best.end === null)) {
    return refuse("OCMF_REGISTER_MISMATCH", `${quote(best.register)} has only one of begin and end`);
  }
  return best;
}

/** Refuses readings of one register, in the order in which they were taken, that cannot be of one transaction. */
export function requireConsistentReadings(readings: readonly BillingReading[]): void {
  const begin = readings.find(isBegin);
  const end = readings.find(isEnd);
  if (begin !== undefined && end !== undefined) {
    if (compareDecimals(end.registerWh, begin.registerWh) < 0) {
      refuse("OCMF_ENERGY_NEGATIVE", `${quote(end.register)} ends below its begin`);
    }
    if (isTimeReversed(begin.time, end.time)) refuse("OCMF_TIME_REVERSED", `the end is at ${quote(end.time.text)}`);
  }
  for (const [index, reading] of readings.entries()) {
    const previous = readings[index - 1];
    if (previous !== undefined && compareDecimals(reading.registerWh, previous.registerWh) < 0) {
      refuse("OCMF_VALUE_DECREASING", `${quote(reading.register)} runs backwards`);
    }
  }
}

function buildRegister(group: readonly ImportReading[]): RegisterReadings {
  const readings = group.map(({ reading }) => reading);
  const [first] = group;
  if (first === undefined) throw new RangeError("a register without readings");
  const { register } = first.reading;
  const [begin = null, secondBegin] = readings.filter(isBegin);
  const [end = null, secondEnd] = readings.filter(isEnd);
  if (secondBegin !== undefined) refuse("OCMF_BEGIN_REPEATED", quote(register));
  if (secondEnd !== undefined) refuse("OCMF_END_REPEATED", quote(register));
  if (begin !== null && begin !== readings[0]) refuse("OCMF_READING_ORDER", `${quote(register)} does not start with B`);
  if (end !== null && end !== readings.at(-1)) refuse("OCMF_READING_ORDER", `${quote(register)} goes on after its end`);
  requireConsistentReadings(readings);
  return { register, rank: first.rank, begin, end, readings };
}
