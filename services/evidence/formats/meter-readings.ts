import { toMicroWh } from "../../domain/decimal.ts";
import { createRecordJudge } from "./all-formats.ts";
import type { BillingReading, Cryptography } from "./ocmf/types.ts";
import type { SignedSession } from "./signed-session.ts";

/** What the meter stood at, and when by its own clock. */
export interface MeterReading {
  readonly energyMicroWh: bigint;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface MeterReadings {
  readonly begin: MeterReading;
  readonly end: MeterReading;
}

/** The first and the last value that the meter signed; `null` where there is none that can be read. */
export function meterReadingsOf({ records, meter }: SignedSession, cryptography: Cryptography): MeterReadings | null {
  const judge = createRecordJudge({ cryptography });
  const half = (meter.publicKey.length - 2) / 2;
  const key = {
    curve: meter.curve,
    x: BigInt(`0x${meter.publicKey.slice(2, 2 + half)}`),
    y: BigInt(`0x${meter.publicKey.slice(2 + half)}`),
  };
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [begins, ends] = [judge.verifyRecord(first.bytes, key), judge.verifyRecord(last.bytes, key)];
  if (begins.verdict !== "accepted" || ends.verdict !== "accepted") return null;
  const begin = begins.begin ?? begins.registers[0]?.readings[0];
  const end = ends.end ?? ends.registers[0]?.readings.at(-1);
  return begin === undefined || end === undefined ? null : { begin: readingOf(begin), end: readingOf(end) };
}

function readingOf({ registerWh, time }: BillingReading): MeterReading {
  return { energyMicroWh: toMicroWh(registerWh, "down"), at: Math.floor(time.epochMs / 1_000) };
}
