import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

import type { MeterCurve } from "../../services/domain/meter-curve.ts";

/** A file of a meter that exists in tests only, in one of the formats, with what it proves. */
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
const obis = "0100011100ff";
const beginSeconds = 1_772_355_600;
const logbook = Buffer.from([0, 4]);
const offsetMinutes = 60;

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

/* SML */

const crcOf = (bytes: Uint8Array): Buffer => {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  const encoded = Buffer.alloc(2);
  encoded.writeUInt16LE(crc ^ 0xffff);
  return encoded;
};
const octets = (bytes: Uint8Array): Buffer =>
  bytes.length < 15
    ? Buffer.from([bytes.length + 1, ...bytes])
    : Buffer.from([0x80 | ((bytes.length + 2) >> 4), (bytes.length + 2) & 0x0f, ...bytes]);
const hexOctets = (hex: string): Buffer => octets(Buffer.from(hex, "hex"));
const unsigned = (value: number, bytes: 1 | 2 | 4): Buffer => {
  const encoded = Buffer.alloc(bytes);
  encoded.writeUIntBE(value, 0, bytes);
  return Buffer.concat([Buffer.from([0x61 + bytes]), encoded]);
};
const signed8 = (value: number): Buffer => Buffer.from([0x52, value & 0xff]);
const signed64 = (value: bigint): Buffer => {
  const encoded = Buffer.alloc(8);
  encoded.writeBigInt64BE(value);
  return Buffer.concat([Buffer.from([0x59]), encoded]);
};
const list = (...items: readonly Uint8Array[]): Buffer => Buffer.concat([Buffer.from([0x70 | items.length]), ...items]);
const absent = Buffer.from([0x01]);
const localTime = (seconds: number): Buffer =>
  list(unsigned(3, 1), list(unsigned(seconds, 4), Buffer.from([0x53, 0, offsetMinutes]), Buffer.from([0x53, 0, 0])));

/** A transport of one message whose list has these parts; checksums are right. */
export function smlOf(parts: readonly Uint8Array[]): Buffer {
  const body = list(unsigned(0x0701, 2), list(...parts));
  const head = Buffer.concat([Buffer.from([0x76]), hexOctets("01"), unsigned(0, 1), unsigned(0, 1), body]);
  const message = Buffer.concat([head, Buffer.from([0x63]), crcOf(head), Buffer.from([0x00])]);
  const padding = (4 - (message.length % 4)) % 4;
  const transport = Buffer.concat([
    Buffer.from("1b1b1b1b01010101", "hex"),
    message,
    Buffer.alloc(padding),
    Buffer.from([0x1b, 0x1b, 0x1b, 0x1b, 0x1a, padding]),
  ]);
  return Buffer.concat([transport, crcOf(transport)]);
}

/** The parts of a list of EDL40 with this sample, signed. `longStatus` is the word of which the sample's status is a digest. */
export function edlParts(meter: TestMeter, sample: EdlSample, longStatus: number | null = null): Buffer[] {
  const signature = Buffer.concat([signBare(meter, blockOf(sample)), logbook]);
  const entries = [
    list(
      hexOctets("8182815401ff"),
      absent,
      localTime(beginSeconds),
      absent,
      absent,
      octets(sample.identification),
      absent,
    ),
    list(
      hexOctets(obis),
      unsigned(longStatus ?? sample.status, 4),
      localTime(sample.seconds),
      unsigned(sample.unit, 1),
      signed8(sample.scaler),
      signed64(sample.value),
      absent,
    ),
    list(
      hexOctets("810060080001"),
      absent,
      absent,
      absent,
      absent,
      list(unsigned(1, 1), list(unsigned(1, 1), unsigned(sample.counter * 100, 4))),
      absent,
    ),
    list(hexOctets("8180817101ff"), absent, absent, absent, absent, unsigned(sample.counter, 4), absent),
    ...compensationEntries(sample),
  ];
  return [
    absent,
    hexOctets(sample.meter),
    hexOctets("8180817103ff"),
    absent,
    list(...entries),
    octets(signature),
    absent,
  ];
}

function compensationEntries({ compensation }: EdlSample): Buffer[] {
  if (compensation === null) return [];
  const entry = (name: string, value: Uint8Array): Buffer =>
    list(hexOctets(name), absent, absent, absent, absent, value, absent);
  return [
    entry("010001110064", signed64(compensation.historical)),
    entry("0100011100c8", signed64(compensation.compensated)),
    entry("00af6c6c72ff", unsigned(1_000, 2)),
    entry("00af647572ff", unsigned(271, 4)),
    entry("00af707263ff", unsigned(42, 1)),
    entry("00af737672ff", unsigned(4, 1)),
  ];
}

export function safeXml(
  values: readonly { readonly data: string; readonly key: string; readonly context?: string }[],
): Buffer {
  const inside = values.map(
    ({ data, key, context = "" }) =>
      `<value context="${context}" transactionId="7"><signedData encoding="plain">${data}</signedData><publicKey>${key}</publicKey></value>`,
  );
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<values>${inside.join("\n")}</values>`);
}

const keyOf = (meter: TestMeter): Pick<SignedSample, "key" | "curve" | "point" | "meter"> => ({
  key: meter.point,
  curve: meter.curve,
  point: meter.point,
  meter,
});
const taggedWith = (tag: string | null): Partial<EdlSample> =>
  tag === null ? {} : { identification: Buffer.from(tag) };

function edl40(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const data = [begin, endOf(begin)].map((sample) => smlOf(edlParts(meter, sample)).toString("hex"));
  const file = safeXml([
    { data: data[0] ?? "", key: meter.point, context: "Transaction.Begin" },
    { data: data[1] ?? "", key: meter.point, context: "Transaction.End" },
  ]);
  return { name: "EDL40", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

/** A meter with secp256r1 that compensates: of a status of 32 bits it signs other bits, and the register behind the cable. */
export const longStatus = 0x8004_0104;
export function compensatedPair(tag: string | null = null): readonly [begin: EdlSample, end: EdlSample] {
  const begin = edlSample({
    ...taggedWith(tag),
    status: 0x88,
    compensation: { historical: 500_000n, compensated: 400_000n },
  });
  return [begin, { ...endOf(begin), compensation: { historical: 514_190n, compensated: 413_800n } }];
}

function compensatedEdl(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const [begin, end] = compensatedPair(tag).map((sample) => smlOf(edlParts(meter, sample, longStatus)).toString("hex"));
  const file = safeXml([
    { data: begin ?? "", key: meter.point, context: "Transaction.Begin" },
    { data: end ?? "", key: meter.point, context: "Transaction.End" },
  ]);
  return {
    name: "EDL40 with compensation",
    format: "EDL40",
    file,
    signature: null,
    ...keyOf(meter),
    energyWh: "1380",
  };
}

/** The block itself in XML, as OCPP 1.5 and EMH carry it. */
export function meterValueXml(meter: TestMeter, sample: EdlSample): string {
  const block = blockOf(sample);
  const signature = Buffer.concat([signBare(meter, block), logbook]).toString("base64");
  const key = Buffer.from(meter.point, "hex").toString("base64");
  return (
    `<?xml version="1.0" encoding="UTF-8" ?><signedMeterValue>  <publicKey encoding="base64">${key}</publicKey>` +
    `  <meterValueSignature encoding="base64">${signature}</meterValueSignature>` +
    `  <signatureMethod>ECDSA${8 * meter.coordinateBytes}SHA256</signatureMethod>  <encodingMethod>EDL</encodingMethod>` +
    `  <encodedMeterValue encoding="base64">${block.toString("base64")}</encodedMeterValue></signedMeterValue>`
  );
}

function meterValues(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const data = [begin, endOf(begin)].map((sample) => escapeXml(meterValueXml(meter, sample)));
  const file = safeXml([
    { data: data[0] ?? "", key: "", context: "Transaction.Begin" },
    { data: data[1] ?? "", key: "", context: "Transaction.End" },
  ]);
  return { name: "signedMeterValue", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

export const isaMeter = "09014953410000000001";

/** A list of ISA-EDL40: a begin, the present reading and their state. */
export function isaParts(
  meter: TestMeter,
  beginValue: bigint,
  endValue: bigint,
  listName = "8180816202ff",
  tag = "ISA-CARD",
): Buffer[] {
  const valueSignature = Buffer.alloc(66, 7);
  const makerState = Buffer.alloc(20, 9);
  const identification = Buffer.from(tag);
  const block = Buffer.alloc(320);
  block.write(isaMeter, 0, "hex");
  block.writeUInt32LE(beginSeconds + 344, 10);
  block.writeUInt8(0x18, 14);
  block.write("0100010800ff1eff", 15, "hex");
  block.writeBigInt64LE(endValue, 23);
  logbook.copy(block, 31);
  valueSignature.copy(block, 33);
  identification.copy(block, 99);
  block.writeUInt32LE(beginSeconds, 227);
  makerState.copy(block, 231);
  block.writeUInt8(0x18, 251);
  block.write("0100010800801eff", 252, "hex");
  block.writeBigInt64LE(beginValue, 260);
  block.write(listName, 268, "hex");
  block.writeUInt32LE(24, 274);
  const time = (seconds: number): Buffer => list(unsigned(2, 1), unsigned(seconds, 4));
  const counter = (name: string, seconds: number, value: bigint, signature: Uint8Array): Buffer =>
    list(hexOctets(name), unsigned(0x18, 4), time(seconds), unsigned(30, 1), signed8(-1), signed64(value), signature);
  const entries = [
    list(hexOctets("8182815401ff"), absent, time(beginSeconds), absent, absent, octets(identification), absent),
    counter("010001080080", beginSeconds, beginValue, absent),
    list(hexOctets("8180c7f040ff"), absent, absent, absent, absent, unsigned(24, 4), absent),
    list(hexOctets("8180816101ff"), absent, absent, absent, absent, octets(makerState), absent),
    counter("0100010800ff", beginSeconds + 344, endValue, octets(valueSignature)),
  ];
  const signature = Buffer.concat([signBare(meter, block), logbook]);
  return [absent, hexOctets(isaMeter), hexOctets(listName), absent, list(...entries), octets(signature), absent];
}

function isaEdl40(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const data = smlOf(isaParts(meter, 256_959_316n, 257_182_610n, undefined, tag ?? undefined)).toString("base64");
  const file = safeXml([{ data, key: meter.point }]);
  return { name: "ISA-EDL40P", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "22329.4" };
}

export function mennekesXml(meter: TestMeter, begin: EdlSample, end: EdlSample): string {
  const time = (seconds: number): string =>
    `${new Date(1_000 * (seconds + 60 * offsetMinutes)).toISOString().slice(0, 19)}+01:00`;
  const measurement = (name: string, sample: EdlSample): string =>
    `<${name}><Timestamp>${time(sample.seconds)}</Timestamp><Signature>${signBare(meter, blockOf(sample)).toString("hex")}</Signature>` +
    `<EventCounter>4</EventCounter><MeterStatus>${sample.status}</MeterStatus><Value>${sample.value}</Value><Scaler>${sample.scaler}</Scaler>` +
    `<Pagination>${sample.counter}</Pagination><SecondIndex>${sample.counter * 100}</SecondIndex></${name}>`;
  return (
    `<ChargingProcess><ServerId>${begin.meter}</ServerId><PublicKey>${meter.point}</PublicKey>` +
    `<CustomerIdent>${begin.identification.toString("hex")}</CustomerIdent>` +
    `<TimestampCustomerIdent>${time(beginSeconds)}</TimestampCustomerIdent>` +
    `${measurement("MeasurementStart", begin)}${measurement("MeasurementEnd", end)}</ChargingProcess>`
  );
}

function mennekes(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const file = Buffer.from(mennekesXml(meter, begin, endOf(begin)));
  return { name: "Mennekes", format: "Mennekes", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

/* Alfen */

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

function alfen(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const texts = [
    { type: 0, counter: 10, value: 500_000n },
    { type: 2, counter: 11, value: 510_000n },
    { type: 1, counter: 12, value: 512_345n },
  ].map((value) => alfenText(meter, tag === null ? value : { ...value, tag }));
  const file = safeXml(texts.map((data) => ({ data, key: "" })));
  return { name: "ALFEN", format: "ALFEN", file, signature: null, ...keyOf(meter), energyWh: "12345" };
}

/* PCDF, chargeIT, BSM, PTB, ChargePoint */

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

function pcdf(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  return {
    name: "PCDF",
    format: "PCDF",
    file: Buffer.from(pcdfText(meter, tag === null ? {} : { SI: `${tag}*1*TX-42` })),
    signature: null,
    ...keyOf(meter),
    energyWh: "12345",
  };
}

function chargeIt(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const user = tag ?? "235DD5BB";
  const begin = edlSample({ identification: Buffer.from(user, "latin1"), status: 0x88 });
  const values = [begin, endOf(begin)].map((sample) => ({
    meterInfo: { meterId: sample.meter.toUpperCase(), publicKey: meter.point },
    transactionId: "t1",
    contract: {
      id: user,
      timestampLocal: { timestamp: beginSeconds, localOffset: offsetMinutes, seasonOffset: 0 },
    },
    measurementId: sample.counter.toString(16).padStart(8, "0"),
    measuredValue: {
      timestampLocal: { timestamp: sample.seconds, localOffset: offsetMinutes, seasonOffset: 0 },
      value: sample.value.toString(),
      scale: sample.scaler,
      unitEncoded: sample.unit,
    },
    measurand: { id: obis.toUpperCase() },
    additionalInfo: { indexes: { timer: sample.counter * 100, logBook: "0004" }, status: "88" },
    signature: signBare(meter, blockOf(sample)).toString("hex"),
  }));
  const file = Buffer.from(JSON.stringify({ signedMeterValues: values }, null, 1));
  return { name: "chargeIT", format: "chargeIT", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

function bsm(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const spki = `3059301306072a8648ce3d020106082a8648ce3d03010703420004${meter.point}`;
  const values = [
    { type: 1, counter: 305, seconds: beginSeconds, register: 0 },
    { type: 2, counter: 306, seconds: beginSeconds + 900, register: 8_250 },
  ].map(({ type, counter, seconds, register }) => {
    const points: readonly (readonly [name: string, value: number | string, scale: number, unit: number])[] = [
      ["Typ", type, 0, 255],
      ["RCR", register, 0, 30],
      ["TotWhImp", 1_530 + register, 0, 30],
      ["W", 1_100, 1, 27],
      ["MA1", "001BZR1521070003", 0, 0],
      ["RCnt", counter, 0, 255],
      ["OS", seconds - 1_000, 0, 7],
      ["Epoch", seconds, 0, 7],
      ["TZO", 60, 0, 6],
      ["EpochSetCnt", 110, 0, 255],
      ["EpochSetOS", 53, 0, 7],
      ["DI", 1, 0, 255],
      ["DO", 0, 0, 255],
      ["Meta1", `contract-id: rfid:${tag ?? "102bb22f"}`, 0, 0],
      ["Meta2", "", 0, 0],
      ["Meta3", "csc-sw-version: ü", 0, 0],
      ["Evt", 0, 0, 255],
    ];
    const signed = Buffer.concat(
      points.map(([, value, scale, unit]) => {
        if (typeof value === "string") {
          const text = Buffer.from(value, "utf8");
          const length = Buffer.alloc(4);
          length.writeUInt32BE(text.length);
          return Buffer.concat([length, text]);
        }
        const number = Buffer.alloc(6);
        number.writeUInt32BE(value);
        number.writeInt8(scale, 4);
        number.writeUInt8(unit, 5);
        return number;
      }),
    );
    return {
      "@context": "https://www.chargeit-mobility.com/contexts/bsm-ws36a-json-v1",
      signature: sign("sha256", signed, meter.privateKey).toString("hex"),
      contract: { id: tag ?? "102bb22f", type: "rfid" },
      meterInfo: { meterId: "001BZR1521070003", publicKey: spki },
      time: `${new Date(1_000 * (seconds + 3_600)).toISOString().slice(0, 19)}+01:00`,
      measurementId: counter,
      value: { measurand: { id: "1-0:1.8.0*198" }, measuredValue: { unitEncoded: 30, scale: 0, value: register } },
      additionalValues: points.map(([name, value, scale, unit]) => ({
        measurand: { name },
        measuredValue: typeof value === "string" ? { value } : { value, scale, unitEncoded: unit },
      })),
    };
  });
  const file = Buffer.from(JSON.stringify({ signedMeterValues: values }, null, 1));
  return {
    name: "BSM-WS36A",
    format: "BSM-WS36A",
    file,
    signature: null,
    ...keyOf(meter),
    key: spki,
    energyWh: "8250",
  };
}

function ptb(_tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const record = (time: string, value: number): string => {
    const payload = JSON.stringify({
      ID: "METER1",
      PG: "TRANSACTION-1",
      RD: [{ TM: `2026-04-16T${time},000+0200 I`, RV: value, RI: "0100010800FF", ST: "G" }],
    });
    return `OCMF|${payload}|{"SD":"${sign("sha256", Buffer.from(payload), meter.privateKey).toString("hex")}"}`;
  };
  const key = `3059301306072a8648ce3d020106082a8648ce3d03010703420004${meter.point}`;
  const file = Buffer.from(
    JSON.stringify({
      format: "ptb",
      publicKey: Buffer.from(key, "hex").toString("base64"),
      ocmfBegin: record("11:16:49", 1_000),
      ocmfEnd: record("12:16:49", 3_500),
    }),
  );
  return {
    name: "PTB container",
    format: "PTB container",
    file,
    signature: null,
    ...keyOf(meter),
    key,
    energyWh: "2500",
  };
}

export function chargePointReceipt(
  begin: number | string,
  end: number | string,
  unit = "Wh",
  driver = "driver-1",
): Buffer {
  return Buffer.from(
    `{\n "company_name": "Operator",\n "totalAmount": 0.98999999999999999,\n "additional_info": {\n  "session_id": 600,\n` +
      `  "meter_serial": "160160T",\n  "driver_info": "${driver}",\n  "meter_startreading": ${begin},\n` +
      `  "meter_endreading": ${end},\n  "energy_units": "${unit}"\n }\n}\n`,
  );
}

function chargePoint(tag: string | null, meter = createMeter("secp224k1")): SignedSample {
  const file = chargePointReceipt(800, 9_300, undefined, tag ?? undefined);
  const key = `304e301006072a8648ce3d020106052b81040020033a0004${meter.point}`;
  const signature = sign("sha256", file, meter.privateKey);
  return { name: "ChargePoint", format: "ChargePoint", file, signature, ...keyOf(meter), key, energyWh: "8500" };
}

const makers: readonly ((tag: string | null, meter?: TestMeter) => SignedSample)[] = [
  edl40,
  compensatedEdl,
  meterValues,
  isaEdl40,
  mennekes,
  alfen,
  pcdf,
  chargeIt,
  bsm,
  ptb,
  chargePoint,
];

/** One genuine file in each format, of meters that were made for this run. */
export function signedSamples(): readonly SignedSample[] {
  return makers.map((make) => make(null));
}

/** The same by the same meters, which were told this of who charges. The container of the PTB does not sign it. */
export function signedFor(samples: readonly SignedSample[], tag: string): readonly SignedSample[] {
  return makers.map((make, index) => make(tag, samples[index]?.meter));
}

/** The sample as one record, as a station sends it: a receipt of ChargePoint together with its signature. */
export function recordOfSample({ file, signature }: SignedSample): Uint8Array {
  if (signature === null) return file;
  return Buffer.from(
    JSON.stringify({
      secrrct: Buffer.from(file).toString("base64"),
      "secrrct.sign": Buffer.from(signature).toString("base64"),
    }),
  );
}
