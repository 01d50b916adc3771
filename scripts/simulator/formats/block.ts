import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

import type { MeterCurve } from "../../../services/domain/meter-curve.ts";

/** A file of a meter that exists here only, in one of the formats, with what it proves. */
export interface SignedSample {
  readonly name: string;
  readonly format: string;
  readonly file: Uint8Array;
  /** What stands in a file of its own beside it. */
  readonly signature: Uint8Array | null;
  readonly key: string;
  /** The meter's key as a registry has it: its curve, and x and y in hex. */
  readonly curve: MeterCurve;
  readonly point: string;
  readonly meter: TestMeter;
  readonly energyWh: string;
}

export interface TestMeter {
  readonly privateKey: KeyObject;
  /** x and y in hex. */
  readonly point: string;
  readonly coordinateBytes: number;
  readonly curve: MeterCurve;
}

/** What differs from reading to reading in the block of 320 bytes. */
export interface EdlSample {
  readonly meter: string;
  readonly seconds: number;
  readonly status: number;
  readonly counter: number;
  readonly scaler: number;
  readonly unit: number;
  readonly value: bigint;
  readonly identification: Buffer;
  /** What meters sign that compensate for the cable, before and behind it; `null` for the others. */
  readonly compensation: { readonly historical: bigint; readonly compensated: bigint } | null;
}

const meterNumber = "0901454d480000abcdef";
export const obis = "0100011100ff";
export const beginSeconds = 1_772_355_600;
export const logbook = Buffer.from([0, 4]);
export const offsetMinutes = 60;

export function createMeter(curve: "prime192v1" | "prime256v1" | "secp224k1"): TestMeter {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const coordinateBytes = { prime192v1: 24, prime256v1: 32, secp224k1: 28 }[curve];
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-2 * coordinateBytes);
  const names = { prime192v1: "secp192r1", prime256v1: "secp256r1", secp224k1: "secp224k1" } as const;
  return { privateKey, point: point.toString("hex"), coordinateBytes, curve: names[curve] };
}

export function signBare(meter: TestMeter, message: Uint8Array): Buffer {
  return sign("sha256", message, { key: meter.privateKey, dsaEncoding: "ieee-p1363" });
}

/** The block as the format's description has it, written here a second time so that two mistakes would have to agree. */
export function blockOf(sample: EdlSample, register = obis): Buffer {
  const block = Buffer.alloc(320);
  block.write(sample.meter, 0, "hex");
  block.writeUInt32LE(sample.seconds + 60 * offsetMinutes, 10);
  block.writeUInt8(sample.status, 14);
  block.writeUInt32LE(sample.counter * 100, 15);
  block.writeUInt32LE(sample.counter, 19);
  block.write(register, 23, "hex");
  block.writeUInt8(sample.unit, 29);
  block.writeInt8(sample.scaler, 30);
  block.writeBigInt64LE(sample.value, 31);
  logbook.copy(block, 39);
  sample.identification.copy(block, 41);
  block.writeUInt32LE(beginSeconds + 60 * offsetMinutes, 169);
  if (sample.compensation !== null) {
    block.writeBigInt64LE(sample.compensation.historical, 173);
    block.writeBigInt64LE(sample.compensation.compensated, 181);
    block.writeUInt16LE(1_000, 189);
    block.writeUInt32LE(271, 191);
    block.writeUInt16BE(42, 195);
  }
  return block;
}

export function edlSample(overrides: Partial<EdlSample> = {}): EdlSample {
  return {
    meter: meterNumber,
    seconds: beginSeconds,
    status: 8,
    counter: 25,
    scaler: -1,
    unit: 30,
    value: 519_116n,
    identification: Buffer.from("874AD0FE", "hex"),
    compensation: null,
    ...overrides,
  };
}

export const endOf = (begin: EdlSample): EdlSample => ({
  ...begin,
  seconds: begin.seconds + 271,
  counter: begin.counter + 1,
  value: begin.value + 14_190n,
});

export function safeXml(
  values: readonly { readonly data: string; readonly key: string; readonly context?: string }[],
): Buffer {
  const inside = values.map(
    ({ data, key, context = "" }) =>
      `<value context="${context}" transactionId="7"><signedData encoding="plain">${data}</signedData><publicKey>${key}</publicKey></value>`,
  );
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<values>${inside.join("\n")}</values>`);
}

export const keyOf = (meter: TestMeter): Pick<SignedSample, "key" | "curve" | "point" | "meter"> => ({
  key: meter.point,
  curve: meter.curve,
  point: meter.point,
  meter,
});
export const taggedWith = (tag: string | null): Partial<EdlSample> =>
  tag === null ? {} : { identification: Buffer.from(tag) };

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
