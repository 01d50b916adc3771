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
}

const zeroWh: Decimal = { unscaled: 0n, scale: 0 };

/** Counts on with the readings of one message. Repeats and older readings change nothing. */
export function watchEnergy(
  watched: WatchedEnergy | null,
  message: TransactionMessage,
  ratedPowerW: number,
): WatchedEnergy | null {
  const { points } = chooseEnergySeries([message], message.kind === "transaction-ended" ? message : null);
  return points.reduce<WatchedEnergy | null>((known, point) => advance(known, point, ratedPowerW), watched);
}

/** What the hold is watched with. */
export function meteredSoFar(watched: WatchedEnergy): {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  readonly idleSeconds: 0;
} {
  const chargingSeconds = Math.floor((watched.atMs - watched.beganAtMs) / 1_000);
  return { energyMicroWh: toMicroWh(watched.energyWh, "up"), chargingSeconds, idleSeconds: 0 };
}

function advance(watched: WatchedEnergy | null, point: SeriesPoint, ratedPowerW: number): WatchedEnergy {
  const { registerWh, quantumWh, time } = point;
  if (watched === null) {
    return { energyWh: zeroWh, registerWh, quantumWh, beganAtMs: time.epochMs, atMs: time.epochMs };
  }
  if (time.epochMs <= watched.atMs) return watched;
  const moved = { ...watched, registerWh, quantumWh, atMs: time.epochMs };
  if (compareDecimals(registerWh, watched.registerWh) < 0) return moved;
  const energyWh = subtractDecimals(registerWh, watched.registerWh);
  const durationMs = time.epochMs - watched.atMs + time.resolutionMs;
  const step = { energyWh, durationMs, quantumWh: coarserOf(quantumWh, watched.quantumWh) };
  return isStepPlausible(step, ratedPowerW) ? { ...moved, energyWh: addDecimals(watched.energyWh, energyWh) } : moved;
}
