import {
  type EdlSample,
  type TestMeter,
  beginSeconds,
  blockOf,
  logbook,
  obis,
  offsetMinutes,
  signBare,
} from "./block.ts";

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
