import { sign } from "node:crypto";

import { type SignedSample, type TestMeter, beginSeconds, createMeter, keyOf, safeXml, signBare } from "./block.ts";

const base32 = (bytes: Uint8Array): string => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.padEnd(Math.ceil(bits.length / 5) * 5, "0").match(/.{5}/gu) ?? [];
  const text = groups.map((group) => alphabet.charAt(Number.parseInt(group, 2))).join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
};

export function alfenText(
  meter: TestMeter,
  {
    type,
    counter,
    value,
    scaler = 0,
    unit = 30,
    tag = "047A17BAE05C81",
  }: { type: number; counter: number; value: bigint; scaler?: number; unit?: number; tag?: string },
): string {
  const data = Buffer.alloc(82);
  data.write("0a0e445a470001ab6692", 0, "hex");
  data.write("0a01445a470033008506", 16, "hex");
  data.writeUInt32LE(counter * 100, 30);
  data.writeUInt32LE(beginSeconds + counter, 34);
  data.write("0100010800ff", 38, "hex");
  data.writeUInt8(unit, 44);
  data.writeInt8(scaler, 45);
  data.writeBigInt64LE(value, 46);
  data.write(tag, 54, "latin1");
  data.writeUInt32LE(19, 74);
  data.writeUInt32LE(counter, 78);
  const x = Buffer.from(meter.point.slice(0, 48), "hex");
  const isOdd = Number.parseInt(meter.point.at(-1) ?? "0", 16) % 2 === 1;
  const key = Buffer.concat([Buffer.from([isOdd ? 3 : 2]), x]);
  return `AP;${type};3;${base32(key)};${base32(data)};${base32(signBare(meter, data))};`;
}

export function alfen(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const texts = [
    { type: 0, counter: 10, value: 500_000n },
    { type: 2, counter: 11, value: 510_000n },
    { type: 1, counter: 12, value: 512_345n },
  ].map((value) => alfenText(meter, tag === null ? value : { ...value, tag }));
  const file = safeXml(texts.map((data) => ({ data, key: "" })));
  return { name: "ALFEN", format: "ALFEN", file, signature: null, ...keyOf(meter), energyWh: "12345" };
}

export function pcdfText(meter: TestMeter, overrides: Readonly<Record<string, string>> = {}): string {
  const members = {
    ST: "260301083015",
    CT: "260301091745",
    CD: "004730",
    TV: "1",
    BV: "1",
    CSC: "42",
    SP: "1",
    RV: "0012.345*kWh",
    SI: "CARD*1*TX-42",
    CS: "9f3a72c1",
    HW: "98765432109",
    DT: "0",
    PK: `04${meter.point}`,
    ...overrides,
  };
  const signed = `128.8.0${Object.entries(members)
    .map(([name, value]) => `(${name}:${value})`)
    .join("")}`;
  return `${signed}(SG:${sign("sha256", Buffer.from(signed), meter.privateKey).toString("hex")})`;
}

export function pcdf(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  return {
    name: "PCDF",
    format: "PCDF",
    file: Buffer.from(pcdfText(meter, tag === null ? {} : { SI: `${tag}*1*TX-42` })),
    signature: null,
    ...keyOf(meter),
    energyWh: "12345",
  };
}
