import { addDecimals, compareDecimals, subtractDecimals, toMicroWh, type Decimal } from "../decimal.ts";
import { chooseEnergySeries, type SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { TransactionMessage } from "./message.ts";
import { isStepPlausible } from "./register-walk.ts";

/**
 * The energy of a transaction that is going on, counted as its readings arrive. It only says when to stop: what is
 * charged is assessed from all messages at the end.
 */
export interface WatchedEnergy {
  readonly energyWh: Decimal;
  readonly registerWh: Decimal;
  readonly quantumWh: Decimal;
  /** Times of the first and the newest reading, by the station's clock. */
  readonly beganAtMs: number;
  readonly atMs: number;
  /** The newest reading, if the register cannot have run on to it: a fault of one reading, or of all that follow. */
  readonly suspect?: WatchedPoint | undefined;
}

/** A reading that the register was at. */
export interface WatchedPoint {
  readonly registerWh: Decimal;
  readonly quantumWh: Decimal;
  readonly atMs: number;
}

const zeroWh: Decimal = { unscaled: 0n, scale: 0 };

/** Counts on with the readings of one message. Repeats and older readings change nothing. */
export function watchEnergy(
  watched: WatchedEnergy | null,
  message: TransactionMessage,
  ratedPowerW: number,
): WatchedEnergy | null {
  const { points } = chooseEnergySeries([message], message.kind === "transaction-ended" ? message : null);
  // Some stations send the begin again beside each sample, so the greatest of each moment counts.
  const greatest = points.filter(({ time }, index) => points[index + 1]?.time.epochMs !== time.epochMs);
  return greatest.reduce<WatchedEnergy | null>((known, point) => advance(known, point, ratedPowerW), watched);
}

/** What the hold is watched with. */
export function meteredSoFar(watched: WatchedEnergy): {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  readonly connectedSeconds: number;
} {
  const chargingSeconds = Math.floor((watched.atMs - watched.beganAtMs) / 1_000);
  return { energyMicroWh: toMicroWh(watched.energyWh, "up"), chargingSeconds, connectedSeconds: chargingSeconds };
}

function advance(watched: WatchedEnergy | null, point: SeriesPoint, ratedPowerW: number): WatchedEnergy {
  const { registerWh, quantumWh, time } = point;
  const at = { registerWh, quantumWh, atMs: time.epochMs };
  if (watched === null) return { energyWh: zeroWh, ...at, beganAtMs: time.epochMs };
  const { suspect, ...known } = watched;
  if (time.epochMs <= known.atMs) return watched;
  const stepWh = stepFrom(known, point, ratedPowerW);
  if (stepWh !== null) return { ...known, ...at, energyWh: addDecimals(known.energyWh, stepWh) };
  // One reading may be wrong. Where the next agrees with it, the register was reset or replaced and goes on from there.
  const agreedWh = suspect === undefined ? null : stepFrom(suspect, point, ratedPowerW);
  if (agreedWh === null) return { ...known, suspect: at };
  return { ...known, ...at, energyWh: addDecimals(known.energyWh, agreedWh) };
}

/** What flowed since a reading; `null` where the register cannot have run on from it. */
function stepFrom(
  from: WatchedPoint,
  { registerWh, quantumWh, time }: SeriesPoint,
  ratedPowerW: number,
): Decimal | null {
  if (compareDecimals(registerWh, from.registerWh) < 0 || time.epochMs < from.atMs) return null;
  const energyWh = subtractDecimals(registerWh, from.registerWh);
  const durationMs = time.epochMs - from.atMs + time.resolutionMs;
  const step = { energyWh, durationMs, quantumWh: coarserOf(quantumWh, from.quantumWh) };
  return isStepPlausible(step, ratedPowerW) ? energyWh : null;
}
