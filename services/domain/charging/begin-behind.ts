import { subtractDecimals } from "../decimal.ts";
import type { SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { TransactionMessage } from "./message.ts";
import { isStepPlausible, type StationProfile } from "./register-walk.ts";
import { correctTime } from "./station-time.ts";

/** A clock that is behind by less is left as it is (docs/ocpp-energy.md, rule 12). */
const acceptedDelayMs = 600_000;
/** Messages of a live transaction come at the pace at which they were made, as far as a network lets them. */
const paceMs = 5_000;
const pacePart = 10;

/** A begin as it is counted from. */
export interface PlacedBegin {
  /** The readings, the first of them at the times of their receipt where those are when they were made. */
  readonly points: readonly SeriesPoint[];
  readonly isCorrected: boolean;
  /** By how much its message came later than it says, where nothing was read meanwhile and it may have waited, in milliseconds. */
  readonly waitedMs: number;
}

/**
 * Finds when a transaction began whose first messages came long after their own times. Live ones that are labelled with a
 * time hours ago look like some that waited: both come late by their own time, and what follows does not. Those that
 * waited come at once, have readings in between, or energy that could not have flowed since they came; the others come
 * at the pace of their labels, and their receipt says when they were made. Else hours in which nothing happened would be
 * charged, and would make any leap of the register possible.
 */
export function placeBeginBehind(
  messages: readonly TransactionMessage[],
  points: readonly SeriesPoint[],
  station: StationProfile,
): PlacedBegin {
  const [begin] = points;
  const delays = begin === undefined ? [] : delaysOf(messages, points);
  const count = behindCountOf(points, delays);
  const next = points[count];
  const last = points[count - 1];
  const [waitedMs = 0] = delays;
  if (next === undefined || last === undefined) return { points, isCorrected: false, waitedMs: 0 };
  const placed = points.slice(0, count).map((point) => ({
    ...point,
    time: correctTime(point.time, point.time.epochMs + waitedMs),
  }));
  const lastMs = last.time.epochMs + waitedMs;
  // Something was read before those came.
  if (next.time.epochMs < lastMs) return { points, isCorrected: false, waitedMs: 0 };
  const step = {
    energyWh: subtractDecimals(next.registerWh, last.registerWh),
    durationMs: next.time.epochMs - lastMs + next.time.resolutionMs,
    quantumWh: coarserOf(next.quantumWh, last.quantumWh),
  };
  if (!isStepPlausible(step, station.ratedPowerW)) {
    return { points, isCorrected: false, waitedMs: count === 1 ? waitedMs : 0 };
  }
  return { points: [...placed, ...points.slice(count)], isCorrected: true, waitedMs: 0 };
}

/** How many of the first readings came late and at the pace at which they were made; 0 where nothing came sooner. */
function behindCountOf(points: readonly SeriesPoint[], delays: readonly number[]): number {
  const onTime = delays.findIndex((delayMs) => delayMs <= acceptedDelayMs);
  if (onTime <= 0) return 0;
  const late = delays.slice(0, onTime);
  const spanMs = (points[onTime - 1]?.time.epochMs ?? 0) - (points[0]?.time.epochMs ?? 0);
  const spreadMs = Math.max(...late) - Math.min(...late);
  // What waited was made over a longer time than it took to come.
  return late.length > 1 && spreadMs > Math.min(paceMs, spanMs / pacePart) ? 0 : onTime;
}

/** By how much the message of each reading came late, beyond what the quickest other message did. */
function delaysOf(messages: readonly TransactionMessage[], points: readonly SeriesPoint[]): readonly number[] {
  const [begin] = points;
  const told = messages.map((message) => {
    const { frameId, kind, time, receivedAtMs, readings } = message;
    const atMs = time?.epochMs ?? readings.find((reading) => reading.time !== null)?.time?.epochMs;
    return { frameId, kind, delayMs: atMs === undefined ? null : receivedAtMs - atMs };
  });
  const reporterOf = (point: SeriesPoint) =>
    told.find(({ kind, frameId }) =>
      // A sum of intervals has no reading of its begin.
      point === begin && point.source === "sum" && point.role === "begin"
        ? kind === "transaction-started"
        : frameId === point.frameId,
    );
  const first = begin === undefined ? undefined : reporterOf(begin);
  const others = told.flatMap(({ frameId, delayMs }) =>
    frameId === first?.frameId || delayMs === null ? [] : [delayMs],
  );
  if (others.length === 0) return [];
  const leastMs = Math.max(
    0,
    others.reduce((least, delayMs) => Math.min(least, delayMs)),
  );
  return points.map((point) => (reporterOf(point)?.delayMs ?? 0) - leastMs);
}
