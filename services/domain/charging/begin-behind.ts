import { subtractDecimals } from "../decimal.ts";
import { coarserOf } from "./exactness.ts";
import type { TransactionMessage } from "./message.ts";
import { isStepPlausible, type RegisterWalk, type StationProfile } from "./register-walk.ts";

/** A clock that is behind by less is left as it is (docs/ocpp-energy.md, rule 12). */
const acceptedDelayMs = 600_000;

/**
 * By how much the begin is later than it says, in milliseconds; 0 where nothing shows so. A start that was live and labelled with a
 * time hours ago looks like one that waited: both come late by their own time, and what follows does not. One that waited
 * has readings in between, or energy that could not have flowed since it came; the other has neither, and the time of its
 * receipt says when it was. No energy depends on it, only the time that is charged.
 */
export function beginBehindMs(
  messages: readonly TransactionMessage[],
  walk: RegisterWalk,
  station: StationProfile,
): number {
  const begin = walk.segments[0]?.begin;
  const reporter = messages.find(({ frameId }) => frameId === begin?.frameId);
  if (begin === undefined || reporter === undefined || walk.segments[0]?.begin === walk.segments[0]?.end) return 0;
  const delays = messages.flatMap(({ frameId, time, receivedAtMs, readings }) => {
    const atMs = time?.epochMs ?? readings.find((reading) => reading.time !== null)?.time?.epochMs;
    return frameId === begin.frameId || atMs === undefined ? [] : [receivedAtMs - atMs];
  });
  if (delays.length === 0) return 0;
  const usualMs = Math.max(
    0,
    delays.reduce((least, delay) => Math.min(least, delay)),
  );
  const behindMs = reporter.receivedAtMs - begin.time.epochMs - usualMs;
  if (behindMs <= acceptedDelayMs) return 0;
  const beganMs = begin.time.epochMs + behindMs;
  const next = messages
    .flatMap(({ readings }) => readings)
    .filter(({ measurand, faults, value }) => measurand.startsWith("Energy.") && faults.length === 0 && value !== null)
    .flatMap(({ value, quantum, time }) =>
      value === null || quantum === null || time === null || time.epochMs <= begin.time.epochMs
        ? []
        : [{ registerWh: value, quantumWh: quantum, time }],
    )
    .reduce<{ registerWh: typeof begin.registerWh; quantumWh: typeof begin.quantumWh; time: typeof begin.time } | null>(
      (least, point) => (least === null || point.time.epochMs < least.time.epochMs ? point : least),
      null,
    );
  if (next === null || next.time.epochMs < beganMs) return 0;
  const step = {
    energyWh: subtractDecimals(next.registerWh, begin.registerWh),
    durationMs: next.time.epochMs - beganMs + next.time.resolutionMs,
    quantumWh: coarserOf(next.quantumWh, begin.quantumWh),
  };
  return isStepPlausible(step, station.ratedPowerW) ? behindMs : 0;
}
