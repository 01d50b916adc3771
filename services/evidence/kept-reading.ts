import { z } from "zod";

import type { RegisteredMeter } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { BillingReading, RecordReading, VerifiedRecord } from "./formats/ocmf/types.ts";
import { publicKeyOf } from "./verify-record.ts";

/*
 * What a record was found to say when it came, as text beside it in the store. The record is verified once: judging a
 * session of many records later costs no signature check. Payload and signature stay in the record itself.
 */

const bigInteger = z
  .string()
  .regex(/^-?[0-9]+$/)
  .transform(BigInt);
const decimal = z.strictObject({ unscaled: bigInteger, scale: z.number() });
const optionalText = z.string().nullable();

const billingReading = z.strictObject({
  transaction: z.enum(["B", "C", "E", "L", "R", "A", "P", "S", "T"]),
  registerWh: decimal,
  register: z.string(),
  time: z.strictObject({
    text: z.string(),
    epochMs: z.number(),
    synchronisation: z.enum(["U", "I", "S", "R"]),
    hasTimeError: z.boolean(),
  }),
});

const register = z
  .strictObject({
    register: z.string(),
    rank: z.number(),
    readings: z.array(billingReading),
    begin: z.number(),
    end: z.number(),
  })
  .transform(({ readings, begin, end, ...rest }) => ({
    ...rest,
    readings,
    begin: readings[begin] ?? null,
    end: readings[end] ?? null,
  }));

const keptReading = z
  .strictObject({
    payloadSha256: z.string(),
    pagination: z.strictObject({ context: z.enum(["T", "F", "H"]), number: bigInteger }),
    formatVersion: optionalText,
    identification: optionalText,
    isAssigned: z.boolean().nullable(),
    identificationLevel: optionalText,
    identificationType: optionalText,
    identificationFlags: z.array(z.string()),
    gatewayIdentification: optionalText,
    gatewaySerial: optionalText,
    meterVendor: optionalText,
    meterModel: optionalText,
    meterSerial: optionalText,
    meterFirmware: optionalText,
    tariffText: optionalText,
    chargePointIdentification: optionalText,
    registers: z.array(register),
    billed: z.number(),
    energyWh: decimal.nullable(),
  })
  .transform(({ registers, billed, ...rest }) => ({
    ...rest,
    registers,
    begin: registers[billed]?.begin ?? null,
    end: registers[billed]?.end ?? null,
  }));

/** Text for the store. Begin and end are named by their place among the readings, so that nothing stands in it twice. */
export function encodeReading(verified: VerifiedRecord): string {
  const { begin, end } = verified;
  const registers = verified.registers.map((one) => ({
    ...one,
    begin: placeOf(one.begin, one.readings),
    end: placeOf(one.end, one.readings),
  }));
  const boundary = begin ?? end;
  const billed = verified.registers.findIndex((one) => boundary !== null && [one.begin, one.end].includes(boundary));
  const left = { verdict: undefined, payload: undefined, signature: undefined, key: undefined };
  const kept = { ...verified, ...left, begin: undefined, end: undefined, registers, billed };
  return JSON.stringify(kept, (_name, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/**
 * The reading of a record that counts, under the key that its meter is registered with.
 * @throws STORE_CORRUPT if the text is not what `encodeReading` writes
 */
export function decodeReading(text: string, meter: Pick<RegisteredMeter, "curve" | "publicKey">): RecordReading {
  try {
    return { ...keptReading.parse(JSON.parse(text)), verdict: "accepted", key: publicKeyOf(meter) };
  } catch (error) {
    throw new WattproofError("STORE_CORRUPT", "A stored reading cannot be read.", { cause: error });
  }
}

/** Whether the record has a reading with which a session begins or ends. */
export function isBoundary({ begin, end }: Pick<RecordReading, "begin" | "end">): boolean {
  return begin !== null || end !== null;
}

function placeOf(reading: BillingReading | null, readings: readonly BillingReading[]): number {
  return reading === null ? -1 : readings.indexOf(reading);
}
