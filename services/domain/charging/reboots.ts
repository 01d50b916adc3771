import type { SeriesPoint } from "./energy-series.ts";
import { coarserOf } from "./exactness.ts";
import type { FindingCode } from "./findings.ts";
import type { StationMessage, TransactionMessage } from "./message.ts";
import { isStepPlausible, type StationProfile } from "./register-walk.ts";

/**
 * Whether the station booted during the transaction. A register that began at 0 may be one that the station keeps by
 * itself, and a boot may have set it to 0 again: what it showed before would be lost, and no step back says so if enough
 * flowed afterwards. That can be where the next reading can have been reached from 0.
 * @param points The readings that count.
 */
export function findReboots(
  all: readonly StationMessage[],
  messages: readonly TransactionMessage[],
  points: readonly SeriesPoint[],
  station: StationProfile,
): readonly FindingCode[] {
  const startedAtMs = messages.find(({ kind }) => kind === "transaction-started")?.time?.epochMs ?? -Infinity;
  const endedAtMs = messages.find(({ kind }) => kind === "transaction-ended")?.time?.epochMs ?? Infinity;
  const boots = all.filter(
    ({ kind, receivedAtMs }) => kind === "booted" && receivedAtMs > startedAtMs && receivedAtMs < endedAtMs,
  );
  if (boots.length === 0) return [];
  const isOwnRegister = points[0]?.registerWh.unscaled === 0n;
  const isHidden = points.some((point, index) => {
    const previous = points[index - 1];
    if (previous === undefined) return false;
    // A station tells its boot before anything that it has read since.
    const arrivedMs = messages.find(({ frameId }) => frameId === point.frameId)?.receivedAtMs ?? Infinity;
    const isAcross = boots.some(
      ({ receivedAtMs }) => previous.time.epochMs <= receivedAtMs && arrivedMs >= receivedAtMs,
    );
    return isAcross && canBeReachedFromZero(previous, point, station);
  });
  return isOwnRegister && isHidden ? ["STATION_REBOOTED", "REGISTER_RESTART_HIDDEN"] : ["STATION_REBOOTED"];
}

function canBeReachedFromZero(previous: SeriesPoint, point: SeriesPoint, { ratedPowerW }: StationProfile): boolean {
  const durationMs = point.time.epochMs - previous.time.epochMs + point.time.resolutionMs;
  const quantumWh = coarserOf(point.quantumWh, previous.quantumWh);
  return isStepPlausible({ energyWh: point.registerWh, durationMs, quantumWh }, ratedPowerW);
}
