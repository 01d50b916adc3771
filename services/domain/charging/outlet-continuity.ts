import { addDecimals, compareDecimals, subtractDecimals, unscaledAt, type Decimal } from "../decimal.ts";
import type { EnergySeries, SeriesPoint } from "./energy-series.ts";
import { coarserOf, noiseWh } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";
import type { RegisterWalk, StationProfile } from "./register-walk.ts";

/** What the register of an outlet showed in a transaction, or at one moment between two. */
export interface RegisterSpan {
  readonly beginWh: Decimal;
  readonly endWh: Decimal;
  /** By the station's clock, both. */
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

export interface ContinuityInput {
  readonly series: EnergySeries;
  /** The readings that count. */
  readonly points: readonly SeriesPoint[];
  readonly walk: RegisterWalk;
  /** By how much the begin may have waited for its message, in milliseconds. */
  readonly waitedMs: number;
  /** What the same register showed in other transactions of the outlet and between them, in any order. */
  readonly outlet: readonly RegisterSpan[];
  readonly station: StationProfile;
}

const wholeWh: Decimal = { unscaled: 1n, scale: 0 };
const nothingWh: Decimal = { unscaled: 0n, scale: 0 };
/** A first step that is so much faster than every later one began elsewhere than at 0. */
const fasterThan = { numerator: 11n, denominator: 10n };
/** A begin may be told in kilowatt-hours and called watt-hours. */
const whPerKilowattHour = 1_000n;
/** Of a register that has passed its greatest value this part may have run on unseen. */
const rolledPart = 10n;

/**
 * Whether the register ran on from one transaction of the outlet to the next (docs/ocpp-energy.md, "One register for all
 * transactions of an outlet"). A register only rises, so a begin below an earlier end counts again what was counted there. One that starts over
 * at 0 with each transaction shows so by readings below that end; one that was reset or replaced stays below, and what
 * comes after it is compared with it alone.
 */
export function findBreaksOfContinuity(input: ContinuityInput): FindingCode[] {
  const { series, points, walk, waitedMs, outlet, station } = input;
  const begin = walk.segments[0]?.begin;
  const end = walk.segments.at(-1)?.end;
  // A sum of intervals has no register that others could be compared with.
  if (begin === undefined || end === undefined || series.findings.includes("INTERVALS_SUMMED")) return [];
  const own: RegisterSpan = {
    beginWh: begin.registerWh,
    endWh: end.registerWh,
    beganAtMs: begin.time.epochMs,
    endedAtMs: end.time.epochMs,
  };
  const toleranceWh = coarserOf(coarserOf(begin.quantumWh, wholeWh), noiseWh);
  const isBelow = (low: Decimal, high: Decimal): boolean => compareDecimals(addDecimals(low, toleranceWh), high) < 0;
  const history = readHistory(
    outlet.filter(({ beganAtMs }) => beganAtMs < own.beganAtMs),
    isBelow,
  );
  const later = outlet.filter(({ beganAtMs }) => beganAtMs >= own.beganAtMs);
  const isAtZero = own.beginWh.unscaled === 0n;
  const overlaps = (span: RegisterSpan): boolean =>
    isBelow(span.beginWh, span.endWh) && isBelow(span.beginWh, own.endWh) && isBelow(own.beginWh, span.endWh);
  // One of a later time that starts over at 0 says nothing of this one.
  const isCountedLater = later.some((span) => span.beginWh.unscaled !== 0n && overlaps(span));
  const { greatestWh } = history;
  const findings: FindingCode[] = isCountedLater ? ["REGISTER_COUNTED_TWICE"] : [];
  if (greatestWh !== null && isBelow(own.beginWh, greatestWh)) {
    const isLow = ({ registerWh }: SeriesPoint): boolean =>
      isBelow(own.beginWh, registerWh) && isBelow(registerWh, greatestWh);
    const isStartedOver = isAtZero && (history.isStartingOver || isBelow(own.endWh, greatestWh) || points.some(isLow));
    if (!isStartedOver && !isRolledOver(own.beginWh, greatestWh, station)) findings.push("REGISTER_COUNTED_TWICE");
    return [...new Set(findings)];
  }
  const isKnownZero = history.isStartingOver || greatestWh !== null;
  if (isNearZero(own) && !isKnownZero && isFirstStepFast(points, waitedMs)) findings.push("ZERO_BEGIN_UNPROVEN");
  return findings;
}

/**
 * What earlier transactions leave behind. A register that stays below an earlier end is another one since: reset,
 * replaced, or started over at 0.
 */
function readHistory(
  spans: readonly RegisterSpan[],
  isBelow: (low: Decimal, high: Decimal) => boolean,
): { readonly greatestWh: Decimal | null; readonly isStartingOver: boolean } {
  let greatestWh: Decimal | null = null;
  let isStartingOver = false;
  for (const { beginWh, endWh } of [...spans].sort((left, right) => left.endedAtMs - right.endedAtMs)) {
    const known = greatestWh;
    const isRising = isBelow(beginWh, endWh);
    const isAnother = known !== null && isRising && isBelow(beginWh, known) && isBelow(endWh, known);
    if (isAnother && beginWh.unscaled === 0n) isStartingOver = true;
    // Nothing of one that began at 0 again shows that it starts over each time, if it runs on from there.
    else if (known !== null && beginWh.unscaled !== 0n) isStartingOver = false;
    if (isAnother || known === null || compareDecimals(endWh, known) > 0 || isBelow(endWh, beginWh)) greatestWh = endWh;
  }
  return { greatestWh, isStartingOver };
}

function isRolledOver(beginWh: Decimal, greatestWh: Decimal, { registerModulusWh }: StationProfile): boolean {
  if (registerModulusWh === null) return false;
  const modulus: Decimal = { unscaled: registerModulusWh, scale: 0 };
  const unseenWh = subtractDecimals(addDecimals(beginWh, modulus), greatestWh);
  const limitWh: Decimal = { unscaled: registerModulusWh / rolledPart, scale: 0 };
  return compareDecimals(unseenWh, nothingWh) >= 0 && compareDecimals(unseenWh, limitWh) <= 0;
}

/** Whether the register began at 0, or where it may have been a thousand times as high and not above its end. */
function isNearZero({ beginWh, endWh }: RegisterSpan): boolean {
  const asKilowattHours = { ...beginWh, unscaled: beginWh.unscaled * whPerKilowattHour };
  return beginWh.unscaled === 0n || compareDecimals(asKilowattHours, endWh) <= 0;
}

/** Whether the register leapt from its begin: faster than in every later step, or no later step can be compared with. */
function isFirstStepFast(points: readonly SeriesPoint[], waitedMs: number): boolean {
  const steps = points.flatMap((point, index) => {
    const previous = points[index - 1];
    if (previous === undefined || point.time.epochMs === previous.time.epochMs) return [];
    const energyWh = subtractDecimals(point.registerWh, previous.registerWh);
    const quantumWh = coarserOf(coarserOf(point.quantumWh, previous.quantumWh), wholeWh);
    // What may have waited may as well be labelled with a wrong time, and then it was much faster.
    const durationMs = point.time.epochMs - previous.time.epochMs - (index === 1 ? waitedMs : 0);
    return [{ energyWh, quantumWh, durationMs: BigInt(Math.max(1, durationMs)) }];
  });
  const firstRise = steps.findIndex(({ energyWh }) => energyWh.unscaled > 0n);
  const first = steps[firstRise];
  if (first === undefined) return false;
  return !steps.slice(firstRise + 1).some((later) => {
    const laterWh = addDecimals(later.energyWh, later.quantumWh);
    const scale = Math.max(first.energyWh.scale, laterWh.scale);
    return (
      unscaledAt(first.energyWh, scale) * later.durationMs * fasterThan.denominator <=
      unscaledAt(laterWh, scale) * first.durationMs * fasterThan.numerator
    );
  });
}
