import { addDecimals, compareDecimals, subtractDecimals, type Decimal } from "../decimal.ts";
import { coarserOf, distanceOf, noiseWh } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";
import type { ReadingSource, SampledReading, StationTime, TransactionMessage } from "./message.ts";
import { placeBegin } from "./repeated-begin.ts";
import { isEvidenceTime } from "./station-time.ts";

/** One value of the register that is counted with. */
export interface SeriesPoint {
  readonly registerWh: Decimal;
  /** What the last digit is worth, in Wh. */
  readonly quantumWh: Decimal;
  readonly time: StationTime;
  /** `begin` and `end`: the station says that this is the register as the transaction began or ended. */
  readonly role: "begin" | "between" | "end";
  /** Which message it came in. */
  readonly reportedBy: TransactionMessage["kind"];
  readonly source: ReadingSource | "sum";
  readonly context: string;
  /** The stored raw frame that the value came in. */
  readonly frameId: string;
}

/** The readings of one register, and of the power beside it, in order of time. */
export interface EnergySeries {
  readonly points: readonly SeriesPoint[];
  /** A reading says that it is of the begin, or came with the start; the end likewise. */
  readonly hasBegin: boolean;
  readonly hasEnd: boolean;
  /** Readings from before the begin or after the end, which are not counted. */
  readonly outside: readonly SeriesPoint[];
  readonly findings: readonly FindingCode[];
}

/** A reading that may count, with where it came from. */
interface Candidate {
  readonly reading: SampledReading;
  readonly value: Decimal;
  readonly quantum: Decimal;
  readonly time: StationTime;
  readonly message: TransactionMessage;
}

// The outlet is what the driver is billed at; the others are what is left where a station measures elsewhere.
const locations = ["Outlet", "Inlet", "Cable", "EV"];
const phaseNames = [
  ["L1", "L2", "L3"],
  ["L1-N", "L2-N", "L3-N"],
];

/**
 * Chooses the readings that energy is counted by (docs/ocpp-energy.md, rule 10): the import register, of all phases together before
 * the sum of three, at the outlet before elsewhere; intervals only where no register is reported at all. Quarantined
 * readings, impossible times and the meter of the whole station are left out.
 * @param ended The stop that settles; `null` while there is none.
 */
export function chooseEnergySeries(
  messages: readonly TransactionMessage[],
  ended: TransactionMessage | null,
): EnergySeries {
  const findings: FindingCode[] = [];
  const candidates = collectCandidates(messages, ended, findings);
  for (const location of locations) {
    const atLocation = candidates.filter(({ reading }) => reading.location === location);
    const register = registerAt(atLocation, findings);
    if (register.length === 0) continue;
    if (location !== "Outlet") findings.push("OTHER_LOCATION_USED");
    if (isContradicted(register, candidates)) findings.push("OTHER_REGISTER_CONTRADICTS");
    return orderPoints(register, messages, ended, findings);
  }
  for (const location of locations) {
    const intervals = candidates.filter(
      ({ reading }) =>
        reading.location === location &&
        reading.measurand === "Energy.Active.Import.Interval" &&
        reading.phase === null,
    );
    if (intervals.length === 0) continue;
    findings.push("INTERVALS_SUMMED");
    const sum = sumIntervals(intervals, messages, ended, findings);
    const others = candidates.filter((candidate) => !intervals.includes(candidate));
    if (isContradicted(sum.points, others)) findings.push("OTHER_REGISTER_CONTRADICTS");
    return sum;
  }
  return noPoints(findings);
}

/** Registers of one station differ by what cables and rectifiers lose, and by what their digits hide. */
const contradiction = { numerator: 5n, denominator: 4n, leastWh: { unscaled: 10n, scale: 0 } };

/**
 * Whether something else that the station counted, at another place, by phases or by intervals, rose far more than the
 * register that is billed: then that register stood still or was read wrongly.
 */
function isContradicted(billed: readonly SeriesPoint[], candidates: readonly Candidate[]): boolean {
  const billedWh = riseOf(billed.map(({ registerWh, time }) => ({ wh: registerWh, epochMs: time.epochMs })));
  const groups = Map.groupBy(candidates, ({ reading: { measurand, location, phase } }) =>
    JSON.stringify([measurand, location, phase === null]),
  );
  const risesWh = [...groups.values()].map((group) =>
    group.every(({ reading }) => reading.measurand === "Energy.Active.Import.Interval")
      ? sumOfIntervals(group)
      : sumOfPhases(group),
  );
  const scaled = { ...billedWh, unscaled: billedWh.unscaled * contradiction.numerator };
  const limitWh = addDecimals(scaled, {
    ...contradiction.leastWh,
    unscaled: contradiction.leastWh.unscaled * contradiction.denominator,
  });
  return risesWh.some(
    (wh) => compareDecimals({ ...wh, unscaled: wh.unscaled * contradiction.denominator }, limitWh) > 0,
  );
}

const nothingWh: Decimal = { unscaled: 0n, scale: 0 };

/** From the first to the last in time; 0 where the register fell. */
function riseOf(points: readonly { readonly wh: Decimal; readonly epochMs: number }[]): Decimal {
  const sorted = [...points].sort((left, right) => left.epochMs - right.epochMs || compareDecimals(left.wh, right.wh));
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return nothingWh;
  const rise = subtractDecimals(last.wh, first.wh);
  return rise.unscaled > 0n ? rise : nothingWh;
}

function sumOfPhases(group: readonly Candidate[]): Decimal {
  const phases = Map.groupBy(group, ({ reading }) => reading.phase);
  return [...phases.values()]
    .map((phase) => riseOf(phase.map(({ value, time }) => ({ wh: value, epochMs: time.epochMs }))))
    .reduce(addDecimals, nothingWh);
}

function sumOfIntervals(group: readonly Candidate[]): Decimal {
  const kinds = Map.groupBy(group, ({ reading }) => reading.context);
  const sums = [...kinds.values()].map((kind) => kind.map(({ value }) => value).reduce(addDecimals, nothingWh));
  // Which of two kinds is complete cannot be told; the greatest of them flowed at least.
  return sums.reduce((most, sum) => (compareDecimals(sum, most) > 0 ? sum : most), nothingWh);
}

function noPoints(findings: readonly FindingCode[]): EnergySeries {
  return { points: [], hasBegin: false, hasEnd: false, outside: [], findings };
}

function collectCandidates(
  messages: readonly TransactionMessage[],
  ended: TransactionMessage | null,
  findings: FindingCode[],
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const message of messages) {
    // Only the stop that settles speaks about the end; what a contradicting one says is kept in its message.
    if (message.kind === "transaction-ended" && message !== ended) continue;
    const isStationMeter =
      message.plug.evseId === 0 || (message.plug.evseId === null && message.plug.connectorId === 0);
    for (const reading of message.readings) {
      const { value, quantum, time } = reading;
      if (!reading.measurand.startsWith("Energy.Active.Import.")) continue;
      if (isStationMeter) findings.push("STATION_METER_IGNORED");
      else if (reading.faults.length > 0 || value === null || quantum === null || time === null) {
        findings.push("READING_QUARANTINED");
      } else if (!isEvidenceTime(time, message.receivedAtMs)) findings.push("TIME_REFUSED");
      else candidates.push({ reading, value, quantum, time, message });
    }
  }
  return candidates;
}

function registerAt(candidates: readonly Candidate[], findings: FindingCode[]): SeriesPoint[] {
  const registers = candidates.filter(({ reading }) => reading.measurand === "Energy.Active.Import.Register");
  const total = registers.filter(({ reading }) => reading.phase === null);
  const quantumOfTotal = quantumsOf(total);
  if (total.length > 0) return total.map((candidate) => pointOf(candidate, quantumOfTotal(candidate)));
  const points: SeriesPoint[] = [];
  for (const names of phaseNames) {
    const groups = Map.groupBy(registers, ({ reading, time }) => JSON.stringify([time.epochMs, reading.context]));
    for (const group of groups.values()) {
      const phases = names.map((name) => group.find(({ reading }) => reading.phase === name));
      const [first, second, third] = phases;
      if (first === undefined || second === undefined || third === undefined) continue;
      const registerWh = addDecimals(addDecimals(first.value, second.value), third.value);
      const quantumWh = addDecimals(addDecimals(first.quantum, second.quantum), third.quantum);
      points.push({ ...pointOf(first, quantumWh), registerWh, source: "sum" });
    }
    if (points.length > 0) break;
  }
  if (points.length > 0) findings.push("PHASES_SUMMED");
  return points;
}

/**
 * How exact a reading is. 1.6 sends text, and its digits say it. 2.x sends JSON numbers, which do not keep the zeros at
 * their end and would seem less exact than they are: there the most exact of those in the same unit says it.
 */
function quantumsOf(candidates: readonly Candidate[]): (candidate: Candidate) => Decimal {
  const finestOf = new Map<string, Decimal>();
  for (const candidate of candidates) {
    if (candidate.message.protocol === "ocpp1.6") continue;
    const finest = finestOf.get(unitOf(candidate));
    if (finest === undefined || compareDecimals(candidate.quantum, finest) < 0) {
      finestOf.set(unitOf(candidate), candidate.quantum);
    }
  }
  return (candidate) =>
    candidate.message.protocol === "ocpp1.6"
      ? candidate.quantum
      : (finestOf.get(unitOf(candidate)) ?? candidate.quantum);
}

/** Units that are the same read the same; a station may have called one anything. */
function unitOf({ reading }: Candidate): string {
  return `${reading.multiplier} ${reading.unit ?? ""}`;
}

function pointOf({ reading, value, time, message }: Candidate, quantumWh: Decimal): SeriesPoint {
  return {
    registerWh: value,
    quantumWh,
    time,
    role: roleOf(reading, message),
    reportedBy: message.kind,
    source: reading.source,
    context: reading.context,
    frameId: message.frameId,
  };
}

function roleOf({ source, context }: SampledReading, message: TransactionMessage): SeriesPoint["role"] {
  // Some stations leave the context out, also at the start.
  if (context === "Transaction.Begin" || message.kind === "transaction-started") return "begin";
  return source === "meter-stop" || context === "Transaction.End" ? "end" : "between";
}

/** Sorts, keeps what lies between begin and end, and lets one value stand for each moment. */
function orderPoints(
  points: readonly SeriesPoint[],
  messages: readonly TransactionMessage[],
  ended: TransactionMessage | null,
  findings: FindingCode[],
): EnergySeries {
  const startTime = messages.find(({ kind }) => kind === "transaction-started")?.time ?? null;
  const placed = placeBegin(points, startTime);
  if (placed.isRepeated) findings.push("BEGIN_REPEATED");
  const sorted = [...placed.points].sort(comparePoints);
  const beginAtMs = sorted.find(({ role }) => role === "begin")?.time.epochMs ?? -Infinity;
  const endAtMs = endOf(sorted, ended);
  if (beginAtMs > endAtMs) return noPoints([...findings, "TIMES_CONTRADICT"]);
  const isInside = ({ time }: SeriesPoint): boolean => time.epochMs >= beginAtMs && time.epochMs <= endAtMs;
  const inside = sorted.filter(isInside);
  const outside = sorted.filter((point) => !isInside(point));
  if (outside.length > 0) findings.push("READING_OUTSIDE_TRANSACTION");
  return {
    points: reconcile(inside),
    hasBegin: beginAtMs > -Infinity,
    hasEnd: inside.some(({ role, frameId }) => role === "end" || frameId === ended?.frameId),
    outside,
    findings,
  };
}

/** Up to when readings count: the last that is said to be of the end, or the end itself where that is later. */
function endOf(sorted: readonly SeriesPoint[], ended: TransactionMessage | null): number {
  const last = sorted.findLast(({ role }) => role === "end");
  // Without a stop nothing is known to be over, whatever a sample calls itself.
  if (last === undefined || ended === null) return Infinity;
  return Math.max(last.time.epochMs, ended.time?.epochMs ?? -Infinity);
}

const roleOrder = { begin: 0, between: 1, end: 2 };

function comparePoints(left: SeriesPoint, right: SeriesPoint): number {
  return (
    left.time.epochMs - right.time.epochMs ||
    roleOrder[left.role] - roleOrder[right.role] ||
    compareDecimals(left.registerWh, right.registerWh) ||
    compareDecimals(left.quantumWh, right.quantumWh) ||
    compareTexts(left.context, right.context) ||
    compareTexts(left.source, right.source) ||
    compareTexts(left.frameId, right.frameId)
  );
}

/**
 * Lets readings agree that differ by no more than the less exact of the two can tell: a display in whole kWh beside one
 * in Wh. The more exact one stays, and is of begin or end if one of the two was.
 */
function reconcile(points: readonly SeriesPoint[]): SeriesPoint[] {
  const kept: SeriesPoint[] = [];
  for (const next of points) {
    let point: SeriesPoint | null = next;
    for (let last = kept.at(-1); last !== undefined && point !== null; last = kept.at(-1)) {
      const preference = preferenceOf(last, point);
      if (preference === "both") break;
      if (preference === "level") {
        point = { ...point, registerWh: last.registerWh };
        break;
      }
      kept.pop();
      if (preference === "later") point = last.role === "begin" ? { ...point, role: "begin" } : point;
      else {
        kept.push(point.role === "end" ? { ...last, role: "end", reportedBy: point.reportedBy } : last);
        point = null;
      }
    }
    if (point !== null) kept.push(point);
  }
  return kept;
}

/** `level`: both stay, and the later one reads as the earlier. */
type Preference = "both" | "earlier" | "later" | "level";

/** Which of two neighbours in time stays. */
function preferenceOf(earlier: SeriesPoint, later: SeriesPoint): Preference {
  const isSameMoment = earlier.time.epochMs === later.time.epochMs;
  const { unscaled } = subtractDecimals(later.registerWh, earlier.registerWh);
  if (unscaled === 0n) return isSameMoment ? "earlier" : "both";
  if (unscaled > 0n && !isSameMoment) return "both";
  const size = distanceOf(later.registerWh, earlier.registerWh);
  if (compareDecimals(size, noiseWh) <= 0) return isSameMoment ? "earlier" : "level";
  const exactness = compareDecimals(earlier.quantumWh, later.quantumWh);
  if (exactness === 0 || compareDecimals(size, coarserOf(earlier.quantumWh, later.quantumWh)) > 0) return "both";
  return exactness < 0 ? "earlier" : "later";
}

/** Turns intervals into a register that starts at 0 with the transaction. */
function sumIntervals(
  intervals: readonly Candidate[],
  messages: readonly TransactionMessage[],
  ended: TransactionMessage | null,
  findings: FindingCode[],
): EnergySeries {
  const quantumOf = quantumsOf(intervals);
  const sorted = intervals
    .map((candidate) => pointOf(candidate, quantumOf(candidate)))
    .sort(comparePoints)
    .filter(({ time }, index, all) => all[index - 1]?.time.epochMs !== time.epochMs);
  // Samples of two kinds tell the same energy twice, and so may an interval of the whole transaction.
  if (new Set(intervals.map(({ reading }) => reading.context)).size > 1) findings.push("INTERVAL_MISSING");
  const values = new Set(intervals.map(({ time, value }) => JSON.stringify([time.epochMs, ...numbersOf(value)])));
  if (values.size > sorted.length) findings.push("READINGS_CONTRADICT");
  const [first] = sorted;
  const startTime = messages.find(({ kind }) => kind === "transaction-started")?.time ?? null;
  if (first === undefined) return noPoints(findings);
  const zero: Decimal = { unscaled: 0n, scale: 0 };
  let registerWh = zero;
  const points: SeriesPoint[] = [];
  const hasBegin = startTime !== null && startTime.epochMs < first.time.epochMs;
  if (hasBegin) {
    points.push({ ...first, registerWh, time: startTime, role: "begin", source: "sum" });
  }
  // A sum has no reading that could stand for one that is missing.
  const isFaulty = findings.includes("READING_QUARANTINED") || findings.includes("TIME_REFUSED");
  if (isFaulty || hasHole(hasBegin ? [startTime, ...sorted.map(({ time }) => time)] : sorted.map(({ time }) => time))) {
    findings.push("INTERVAL_MISSING");
  }
  for (const point of sorted) {
    // Without a start the first interval has no beginning, and only what follows it counts.
    if (points.length > 0) registerWh = addDecimals(registerWh, point.registerWh);
    points.push({ ...point, registerWh, source: "sum" });
  }
  const hasEnd = points.some(({ frameId }) => frameId === ended?.frameId);
  return { points, hasBegin, hasEnd, outside: [], findings };
}

/**
 * Whether a stretch between the ends of intervals is half as long again as most others. The first and the last are left out
 * of the comparison, if there are more, because transactions begin and end within an interval.
 */
function hasHole(times: readonly StationTime[]): boolean {
  const gapsMs = times.flatMap(({ epochMs }, index) => {
    const previous = times[index - 1];
    return previous === undefined ? [] : [epochMs - previous.epochMs];
  });
  const inner = (gapsMs.length > 2 ? gapsMs.slice(1, -1) : gapsMs.slice(0, 1)).sort((left, right) => left - right);
  const usualMs = inner[Math.floor((inner.length - 1) / 2)] ?? Infinity;
  return gapsMs.some((gapMs) => 2 * gapMs > 3 * usualMs);
}

/** The number without zeros at its end, so that 1.50 and 1.5 read the same. */
function numbersOf(value: Decimal): readonly [string, number] {
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale -= 1;
  }
  return [unscaled.toString(), scale];
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
