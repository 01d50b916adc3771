import { addDecimals, compareDecimals, subtractDecimals, type Decimal } from "../decimal.ts";
import { isAwaitingMessages } from "./completeness.ts";
import type { EnergySeries, SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";
import type { TransactionMessage } from "./message.ts";
import { isStepPlausible, type RegisterWalk, type StationProfile } from "./register-walk.ts";
import { energyByStateOfChargeWh } from "./state-of-charge.ts";
import { estimateClockSkewMs, reportedMs } from "./station-time.ts";
import { energyByPowerWh, greatestPowerW, powerStepsOf } from "./unit-check.ts";

/** What is known of a transaction when its ends are looked at. */
export interface CoverageInput {
  readonly messages: readonly TransactionMessage[];
  /** The stop that settles; `null` while there is none. */
  readonly ended: TransactionMessage | null;
  readonly series: EnergySeries;
  /** The readings that count. */
  readonly points: readonly SeriesPoint[];
  readonly walk: RegisterWalk;
  /** When something said that a transaction without a stop is over, by our clock; `null` where nothing did. */
  readonly overSinceMs: number | null;
  readonly station: StationProfile;
}

/**
 * A reading stands for a begin or end that nobody read, if no more than a twentieth of the time that is covered lies
 * between, and no more than two minutes: two of the usual intervals of samples.
 */
const coveredPerUncovered = 20;
const greatestUncoveredMs = 120_000;
/** What a register in hundredths of a kilowatt-hour can hide. */
const leastEnergyByPowerWh: Decimal = { unscaled: 10n, scale: 0 };
/** Power is sampled and not averaged, and so it contradicts a register by a whole order only. */
const powerFactor = 10n;
/** A moment of power may have been a short one; a unit that is wrong is wrong by 1000. */
const glimpseFactor = 100n;
/**
 * Power that was sampled so often, and never longer apart, tells how much flowed: a register that shows less than half of
 * it is contradicted, or four times as much, because some stations tell the power of one phase of three.
 */
const dense = { leastSteps: 5, greatestStepMs: 300_000, factorBelow: 2n, factorAbove: 4n };
/** Within one interval power and energy are of the same minute or so. */
const intervalFactor = 2n;

/**
 * What the readings that count leave open (docs/ocpp-energy.md, "What the readings leave open"): energy before the first, after the
 * last, in messages that are missing, or none at all where none is proven. Nothing of it settles by itself.
 */
export function findGapsOfCoverage(input: CoverageInput): FindingCode[] {
  const { messages, ended, series, points, walk } = input;
  const isAwaiting = isAwaitingMessages(messages);
  const [first] = points;
  const isOneMoment = points.every(({ time }) => time.epochMs === first?.time.epochMs);
  if (first === undefined || isOneMoment) {
    const findings: FindingCode[] = ended === null ? ["STOP_MISSING"] : [];
    if (series.findings.includes("TIMES_CONTRADICT")) return findings;
    // What is on its way may bring the other reading, and then nothing is in dispute.
    if (isAwaiting) return [...findings, "MESSAGES_MISSING"];
    return [...findings, first === undefined ? "NO_READING" : "SINGLE_READING"];
  }
  const findings: FindingCode[] = [];
  if (!series.hasBegin) findings.push("BEGIN_READING_MISSING");
  if (ended === null) findings.push("STOP_MISSING");
  else if (!series.hasEnd) findings.push("END_READING_MISSING");
  const isBeginOpen = !isBeginCovered(input);
  const isEndOpen = !isEndCovered(input, ended);
  const isSum = series.findings.includes("INTERVALS_SUMMED");
  if (isAwaiting && (isBeginOpen || isEndOpen || isSum)) findings.push("MESSAGES_MISSING");
  if (isBeginOpen) findings.push("BEGIN_UNCOVERED");
  if (isEndOpen) findings.push("END_UNCOVERED");
  if (series.outside.some((point) => isBeyond(point, points, input.station))) findings.push("READING_BEYOND_ENDS");
  if (walk.energyWh.unscaled === 0n && isZeroOpen(input, findings)) findings.push("ZERO_UNPROVEN");
  return [...findings, ...findingsOfPower(input)];
}

function isBeginCovered({ messages, walk }: CoverageInput): boolean {
  const first = walk.segments[0]?.begin;
  if (first === undefined) return false;
  const started = messages.find((message) => message.kind === "transaction-started");
  // Without a start that carries a time nothing contradicts what a reading calls itself.
  if (started?.kind !== "transaction-started" || started.time === null) return first.role === "begin";
  // However the two were corrected, a begin that says the time of the start is of the start.
  if (first.role === "begin" && reportedMs(first.time) === reportedMs(started.time)) return true;
  const startMs = earliestOf(started.time.epochMs, started);
  const atMs = first.time.epochMs;
  const earlyMs = startMs - atMs;
  // Before the start an outlet is idle: what was read a little earlier and is called the begin may stand for it.
  if (earlyMs > 0) return first.role === "begin" ? earlyMs <= greatestUncoveredMs : isShort(earlyMs, walk);
  return isShort(Math.max(0, atMs - flowBeginMs(startMs, started.chargingState, messages)), walk);
}

/** When energy can first have flowed: at the start, or when a station that says so began to charge. */
function flowBeginMs(startMs: number, stateAtStart: string | null, messages: readonly TransactionMessage[]): number {
  if (stateAtStart === null || stateAtStart === "Charging") return startMs;
  const charging = messages.flatMap((message) =>
    message.kind !== "meter-values" && message.chargingState === "Charging" && message.time !== null
      ? [earliestOf(message.time.epochMs, message)]
      : [],
  );
  if (charging.length === 0) return startMs;
  return charging.reduce((least, ms) => Math.min(least, ms));
}

/** Whether nothing can have flowed after the last reading: it is of the end, or so near to it, or the charge was over. */
function isEndCovered({ messages, walk, overSinceMs }: CoverageInput, ended: TransactionMessage | null): boolean {
  const last = walk.segments.at(-1)?.end;
  if (last === undefined) return false;
  // Nothing says when it was over.
  if (ended === null && overSinceMs === null) return true;
  if (ended === null) {
    // What said that it was over came by our clock.
    const overMs = (overSinceMs ?? 0) + aheadMs(messages);
    return isShort(Math.max(0, flowEndMs(overMs, messages) - last.time.epochMs), walk);
  }
  const reporter = messages.find(({ frameId }) => frameId === last.frameId);
  // One clock tells both times of one message.
  const isOfEnd = reporter === undefined || reporter === ended;
  const lastMs = isOfEnd ? last.time.epochMs : earliestOf(last.time.epochMs, reporter);
  if (ended.time === null) return last.role === "end" && last.reportedBy === "transaction-ended";
  const endMs = ended.time.epochMs;
  const stoppedMs = flowEndMs(endMs, messages);
  return isShort(stoppedMs < endMs ? Math.max(0, stoppedMs - lastMs) : Math.abs(endMs - lastMs), walk);
}

/**
 * How far the station's clock is ahead of ours at least: values of 1.6 carry a time, their message none. One that is behind
 * looks like messages that waited, and then nobody knows when the last of them was made.
 */
function aheadMs(messages: readonly TransactionMessage[]): number {
  const timed = messages.flatMap(({ time, readings, receivedAtMs }) =>
    [time, ...readings.map((reading) => reading.time)].flatMap((told) =>
      told === null ? [] : [{ time: told, receivedAtMs }],
    ),
  );
  return Math.max(0, estimateClockSkewMs(timed) ?? 0);
}

/** When energy can last have flowed: at the end, or when a station that says so ceased to charge. */
function flowEndMs(endMs: number, messages: readonly TransactionMessage[]): number {
  const states = messages
    .flatMap((message) =>
      message.kind !== "meter-values" && message.chargingState !== null && message.time !== null
        ? [{ isCharging: message.chargingState === "Charging", atMs: message.time.epochMs }]
        : [],
    )
    .sort((left, right) => left.atMs - right.atMs || Number(right.isCharging) - Number(left.isCharging));
  const lastCharging = states.findLastIndex(({ isCharging }) => isCharging);
  return Math.min(endMs, states[lastCharging + 1]?.atMs ?? Infinity);
}

/** A clock may be ahead by a little; nothing was measured after it was received. */
function earliestOf(epochMs: number, { receivedAtMs }: TransactionMessage): number {
  return Math.min(epochMs, receivedAtMs);
}

function isShort(uncoveredMs: number, { segments }: RegisterWalk): boolean {
  const beginMs = segments[0]?.begin.time.epochMs ?? 0;
  const endMs = segments.at(-1)?.end.time.epochMs ?? 0;
  return uncoveredMs <= Math.min(greatestUncoveredMs, (endMs - beginMs) / coveredPerUncovered);
}

/** Whether a reading that does not count shows energy that those which count do not. */
function isBeyond(point: SeriesPoint, points: readonly SeriesPoint[], station: StationProfile): boolean {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return true;
  const isAbove = exceeds(point, last) && exceeds(point, first);
  if (point.time.epochMs > last.time.epochMs) return isAbove;
  if (!exceeds(first, point)) return isAbove;
  // Stations report 0 before they have asked their meter.
  const step = {
    energyWh: subtractDecimals(first.registerWh, point.registerWh),
    durationMs: first.time.epochMs - point.time.epochMs + Math.max(first.time.resolutionMs, point.time.resolutionMs),
    quantumWh: coarserOf(first.quantumWh, point.quantumWh),
  };
  return point.registerWh.unscaled !== 0n || isStepPlausible(step, station.ratedPowerW);
}

/** Whether the register is higher, by more than the less exact reading can tell. */
function exceeds(high: SeriesPoint, low: SeriesPoint): boolean {
  const limitWh = addDecimals(low.registerWh, coarserOf(high.quantumWh, low.quantumWh));
  return compareDecimals(high.registerWh, limitWh) > 0;
}

function findingsOfPower(input: CoverageInput): FindingCode[] {
  const { messages, walk, points, series } = input;
  const quantumWh = points.reduce((coarsest, point) => coarserOf(coarsest, point.quantumWh), leastEnergyByPowerWh);
  const isAbove = (energyWh: Decimal, factor: bigint): boolean => {
    const limitWh = addDecimals({ ...walk.energyWh, unscaled: walk.energyWh.unscaled * factor }, quantumWh);
    return compareDecimals(energyWh, limitWh) > 0;
  };
  const isContradicted =
    isAbove(energyByPowerWh(messages), powerFactor) ||
    isDenselyContradicted(input, quantumWh) ||
    isAbove(energyByStateOfChargeWh(messages), powerFactor) ||
    // A single sample is of one moment, and half of the time is what it stands for at most.
    (walk.energyWh.unscaled > 0n && isAbove(energyOf(greatestPowerW(messages), durationOf(points) / 2), glimpseFactor));
  const isSum = series.findings.includes("INTERVALS_SUMMED");
  return isContradicted || (isSum && isIntervalContradicted(input)) ? ["POWER_CONTRADICTS"] : [];
}

/** Whether power that was sampled all along tells another energy than the register. */
function isDenselyContradicted({ messages, walk, points, station }: CoverageInput, quantumWh: Decimal): boolean {
  const beganMs = points[0]?.time.epochMs ?? 0;
  const endedMs = points.at(-1)?.time.epochMs ?? 0;
  const steps = powerStepsOf(messages).filter(({ fromMs, toMs }) => fromMs >= beganMs && toMs <= endedMs);
  const longest = steps.reduce((most, { fromMs, toMs }) => Math.max(most, toMs - fromMs), 0);
  if (steps.length < dense.leastSteps || longest > dense.greatestStepMs) return false;
  const sumOf = (energies: readonly Decimal[]): Decimal => energies.reduce(addDecimals, { unscaled: 0n, scale: 0 });
  const times = (wh: Decimal, factor: bigint): Decimal => ({ ...wh, unscaled: wh.unscaled * factor });
  const leastWh = sumOf(steps.map(({ energyWh }) => energyWh));
  if (compareDecimals(leastWh, addDecimals(times(walk.energyWh, dense.factorBelow), quantumWh)) > 0) return true;
  // A current says no more than what flowed at least, and so does power that may be kilowatts.
  if (!steps.every(({ isUnitNamed }) => isUnitNamed)) return false;
  const sampledMs = steps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const ratedPowerW: Decimal = { unscaled: BigInt(station.ratedPowerW), scale: 0 };
  const besideWh = addDecimals(energyOf(ratedPowerW, endedMs - beganMs - sampledMs), quantumWh);
  const mostWh = times(sumOf(steps.map(({ greatestWh }) => greatestWh)), dense.factorAbove);
  return compareDecimals(walk.energyWh, addDecimals(mostWh, besideWh)) > 0;
}

/** Intervals have no register that would bridge one that is wrong, so each is compared with the power within it. */
function isIntervalContradicted({ messages, points }: CoverageInput): boolean {
  const steps = powerStepsOf(messages);
  let next = 0;
  return points.some((point, index) => {
    const previous = points[index - 1];
    if (previous === undefined) return false;
    let byPowerWh: Decimal = { unscaled: 0n, scale: 0 };
    for (; next < steps.length; next += 1) {
      const step = steps[next];
      if (step === undefined || step.toMs > point.time.epochMs) break;
      if (step.fromMs >= previous.time.epochMs) byPowerWh = addDecimals(byPowerWh, step.energyWh);
    }
    const intervalWh = subtractDecimals(point.registerWh, previous.registerWh);
    const limitWh = addDecimals({ ...intervalWh, unscaled: intervalWh.unscaled * intervalFactor }, point.quantumWh);
    return compareDecimals(byPowerWh, addDecimals(limitWh, leastEnergyByPowerWh)) > 0;
  });
}

function durationOf(points: readonly SeriesPoint[]): number {
  return (points.at(-1)?.time.epochMs ?? 0) - (points[0]?.time.epochMs ?? 0);
}

/** Whether a session in which the register stood still may have had energy all the same. */
function isZeroOpen({ messages, series, ended, points }: CoverageInput, findings: readonly FindingCode[]): boolean {
  const isRead = series.hasBegin && series.hasEnd && ended !== null && findings.length === 0;
  const doubts: readonly FindingCode[] = ["READING_QUARANTINED", "TIME_REFUSED"];
  const isDoubtful = series.findings.some((code) => doubts.includes(code)) || points.length < series.points.length;
  if (!isRead || isDoubtful) return true;
  const possibleWh = [energyOf(greatestPowerW(messages), durationOf(points)), energyByStateOfChargeWh(messages)];
  return possibleWh.some((wh) => compareDecimals(wh, leastEnergyByPowerWh) >= 0);
}

function energyOf(powerW: Decimal, durationMs: number): Decimal {
  const hours = 3_600_000n;
  return { unscaled: (powerW.unscaled * BigInt(Math.floor(durationMs)) * 1_000n) / hours, scale: powerW.scale + 3 };
}
