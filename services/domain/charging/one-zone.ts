import type { StationTime, TransactionMessage } from "./message.ts";
import { correctTime, reportedMs } from "./station-time.ts";

/**
 * Reads the times of a transaction that name no zone in one zone (docs/ocpp-energy.md, "Times"). Each message alone tells the zone
 * by its receipt, and one that waited seems to be of a zone further behind; the quickest of them is right for all.
 */
export function readInOneZone(messages: readonly TransactionMessage[]): readonly TransactionMessage[] {
  const offsets = messages.flatMap(offsetsOf);
  const [first] = offsets;
  if (first === undefined || offsets.every((offsetMs) => offsetMs === first)) return messages;
  const offsetMs = offsets.reduce((greatest, other) => Math.max(greatest, other));
  const move = <T extends { readonly time: StationTime | null }>(part: T): T => {
    const { time } = part;
    if (time === null || time.isWithoutZone !== true) return part;
    return { ...part, time: correctTime(time, reportedMs(time) - offsetMs) };
  };
  return messages.map((message) => ({
    ...move(message),
    readings: message.readings.map(move),
    signed: message.signed.map(move),
  }));
}

function offsetsOf({ time, readings, signed }: TransactionMessage): readonly number[] {
  return [time, ...[...readings, ...signed].map((part) => part.time)].flatMap((told) =>
    told === null || told.isWithoutZone !== true ? [] : [reportedMs(told) - told.epochMs],
  );
}
