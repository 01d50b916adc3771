import { subtractDecimals } from "../decimal.ts";
import type { SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { TransactionMessage } from "./message.ts";
import { isStepPlausible, type StationProfile } from "./register-walk.ts";
import { correctTime } from "./station-time.ts";

/** A clock that is behind by less is left as it is (docs/ocpp-energy.md, rule 12). */
const acceptedDelayMs = 600_000;

/** A begin as it is counted from. */
export interface PlacedBegin {
  /** The readings, the first of them at the time of its receipt where that is when it was made. */
  readonly points: readonly SeriesPoint[];
  readonly isCorrected: boolean;
  /** By how much its message came later than it says, where nothing was read meanwhile and it may have waited, in milliseconds. */
  readonly waitedMs: number;
}

/**
 * Finds when a transaction began whose start came long after its own time. A live one that is labelled with a time hours ago
 * looks like one that waited: both come late by their own time, and what follows does not. One that waited has readings in
 * between, or energy that could not have flowed since it came; the other has neither, and the time of its receipt says
 * when it was. Else hours in which nothing happened would be charged, and would make any leap of the register possible.
 */
export function placeBeginBehind(
  messages: readonly TransactionMessage[],
  points: readonly SeriesPoint[],
  station: StationProfile,
): PlacedBegin {
  const [begin, next, ...others] = points;
  const waitedMs = begin === undefined || next === undefined ? 0 : behindMsOf(messages, begin, next);
  if (begin === undefined || next === undefined || waitedMs === 0) return { points, isCorrected: false, waitedMs: 0 };
  const epochMs = begin.time.epochMs + waitedMs;
  const step = {
    energyWh: subtractDecimals(next.registerWh, begin.registerWh),
    durationMs: next.time.epochMs - epochMs + next.time.resolutionMs,
    quantumWh: coarserOf(next.quantumWh, begin.quantumWh),
  };
  if (!isStepPlausible(step, station.ratedPowerW)) return { points, isCorrected: false, waitedMs };
  const placed = { ...begin, time: correctTime(begin.time, epochMs) };
  return { points: [placed, next, ...others], isCorrected: true, waitedMs: 0 };
}

/** By how much the begin came late, beyond what the quickest other message did; 0 where a reading lies in between. */
function behindMsOf(messages: readonly TransactionMessage[], begin: SeriesPoint, next: SeriesPoint): number {
  const reporter = messages.find(({ kind, frameId }) =>
    // A sum of intervals has no reading of its begin.
    begin.source === "sum" && begin.role === "begin" ? kind === "transaction-started" : frameId === begin.frameId,
  );
  if (reporter === undefined) return 0;
  const delays = messages.flatMap(({ frameId, time, receivedAtMs, readings }) => {
    const atMs = time?.epochMs ?? readings.find((reading) => reading.time !== null)?.time?.epochMs;
    return frameId === reporter.frameId || atMs === undefined ? [] : [receivedAtMs - atMs];
  });
  if (delays.length === 0) return 0;
  const leastMs = delays.reduce((least, delay) => Math.min(least, delay));
  const behindMs = reporter.receivedAtMs - begin.time.epochMs - Math.max(0, leastMs);
  return behindMs <= acceptedDelayMs || next.time.epochMs < begin.time.epochMs + behindMs ? 0 : behindMs;
}
