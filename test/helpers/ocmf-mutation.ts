import { beginReading, endReading, payloadText, type RawMembers } from "./ocmf.ts";
import type { Random } from "./random.ts";

/** Values that a field may have, or just may not have, as raw JSON. */
const fieldValues: Readonly<Record<string, readonly [string, ...string[]]>> = {
  FV: ['"1.0"', '"1.4"', '"1.5"', '"0.1"', '"2.0"', "1.0", "1.4", "1", '"1.0.1"', "1.00", '""', "null", '"1.\\u0030"'],
  PG: ['"T0"', '"T1"', '"T007"', '"F1"', '"T"', '"T999999999999999999"', '"T9999999999999999999"', '"P1"', "7", '"t1"'],
  IS: ["true", "false", '"VERIFIED"', '"MISMATCH"', "null", "1", '"x"'],
  IL: ['"NONE"', '"SECURE"', '"MISMATCH"', '"UNKNOWN"', '""', '"none"', "null", "{}", '"TRUSTED "'],
  ID: ['""', '"AABB"', '"\\u0041"', '"Ä"', "null", "5", `"${"x".repeat(40)}"`, '"a\\\\"'],
  MS: ['"M2"', '""', "null", "17", '"Zähler"', '"\\u004d"', `"${"9".repeat(33)}"`],
  GS: ['"G2"', '""', "null", "false"],
  GI: ['"\\ud800"', '"\\ud83d\\ude00"', '"😀"', "[1,2,{}]", "1e5", "-0.5", "01", "tru", "nul", '"a\\qb"', '"\\u12g4"'],
  IF: ["[]", '["RFID_PLAIN",]', "[[[[[[[]]]]]]]", "[[[[[[[[[]]]]]]]]]", "{}", '{"a":1,"a":2}', '{"A":{"B":{}}}'],
  TM: [
    '"2026-03-01T10:00:00,000+0100 S"',
    '"2026-03-01T10:00:00,000+01:00 R"',
    '"2026-03-01T10:00:01,999-0000 I"',
    '"2026-03-01T23:59:59,999+1400 U"',
    '"2026-03-01T23:59:59,999+1401 S"',
    '"2026-02-29T10:00:00,000+0100 S"',
    '"2028-02-29T10:00:00,000+0100 S"',
    '"1970-01-01T00:00:00,000+0200 S"',
    '"1969-12-31T23:00:00,000+0000 S"',
    '"2026-03-01T24:00:00,000+0000 S"',
    '"2026-03-01T10:00:60,000+0000 S"',
    '"2026-03-01T10:00:00,000+0160 S"',
    '"2026-03-01T10:00:00.000+0100 S"',
    '"2026-03-01T10:00:00,000+0100"',
    '"2026-03-01T10:00:00,000Z S"',
    '"2026-00-01T10:00:00,000+0100 S"',
    '"2026-04-31T10:00:00,000+0100 S"',
    '"9999-12-31T23:59:59,999-1400 S"',
    '"2026-03-01T10:00:00,000+0100 X"',
    "null",
  ],
  TX: ['"B"', '"E"', '"C"', '"L"', '"R"', '"A"', '"P"', '"S"', '"T"', '"X"', '"Q"', '""', '"b"', '"BB"', "null", '"В"'],
  EF: ['""', '"t"', '"E"', '"Et"', '"tt"', '"x"', "null", '"\\u0074"'],
  ST: ['"G"', '"E"', '"M"', '""', '"g"', "null", '"GG"'],
  RU: ['"kWh"', '"Wh"', '"KWH"', '"MWh"', '"sec"', '""', "null", '"\\u006bWh"'],
  RV: [
    "0",
    "100",
    "100.0",
    "100.0000001",
    "100.5000000001",
    "100.5000000002",
    "100.0000000001",
    "112.3450000000001",
    "112.345",
    "1.12345e2",
    "1.12345E+2",
    "112345e-3",
    "112345e-31",
    "1e30",
    "1e31",
    "1e400",
    "9223372036.854775807",
    "9223372036.854775808",
    "1000000000000",
    '"112.345"',
    '"00000112.345"',
    '"     112.345"',
    '"112.345 "',
    '"112,345"',
    '"1e2"',
    '""',
    '" "',
    '"."',
    '"112."',
    "112.",
    ".5",
    "-1",
    "-0.0",
    "+1",
    "0112.345",
    "112.34500000000000000000000000",
    "112.345000000000000000000000000000000001",
    "null",
    "[1]",
    "1e",
    "0x70",
  ],
  RI: [
    '"1-b:1.8.0"',
    '"1-0:1.8.0*198"',
    '"1-0:1.8.0*255"',
    '"01-00:01.08.00.FF"',
    '"01-00:01.08.00.0FF"',
    '"01-00:98.08.00.FF"',
    '"01-00:9E.08.00.FF"',
    '"01-00:9C.08.00.FF"',
    '"01-00:B0.08.00*FF"',
    '"01-00:B1.08.00*FF"',
    '"01-00:B2.08.00*FF"',
    '"01-00:B3.08.00*FF"',
    '"01-00:b3.08.00*ff"',
    '"01-00:C0.08.00*FF"',
    '"1-b:1.8.e"',
    '"1-b:1.8.1"',
    '"1-b:2.8.0"',
    '"1-b:1.9.0"',
    '"1-b:1.8.0*01"',
    '"2-b:1.8.0"',
    '"1-b"',
    '"1-b:1.8.0 "',
    '"1-b:1.8"',
    '""',
    "null",
  ],
};

const fragments: readonly [string, ...string[]] = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  " ",
  "\n",
  "\t",
  "0",
  "9",
  "e",
  ".",
  "-",
  "|",
  "\u0000",
  "\u001f",
  "\u007f",
  "\u0080",
  "ß",
  "€",
  "😀",
  '"RV":1,',
  '"TX":"E",',
  '"X1":{"RV":9},',
  '"Uxx":[1],',
  "null",
];

const readingKeys: readonly [string, ...string[]] = ["TM", "TX", "RV", "RI", "RU", "EF", "ST"];
const headerKeys: readonly [string, ...string[]] = ["FV", "PG", "IS", "IL", "ID", "MS", "GS", "GI", "IF"];

/** A payload that is good or nearly so: each reading drawn from what meters write, with fields left out. */
export function generatePayload(random: Random): string {
  const header: Record<string, string | undefined> = {};
  for (const key of headerKeys) {
    if (random.below(30) === 0) header[key] = random.below(4) === 0 ? undefined : valueOf(key, random);
  }
  const count = random.pick([1, 2, 2, 2, 3, 4, 5]);
  const readings: RawMembers[] = [];
  for (let index = 0; index < count; index += 1) {
    const isLast = index === count - 1;
    const reading: Record<string, string | undefined> = { ...(isLast ? endReading : beginReading) };
    reading["TX"] = index === 0 ? random.pick(['"B"', '"B"', '"B"', '"E"', '"C"']) : isLast ? '"E"' : '"C"';
    if (!isLast) reading["RV"] = `10${index}.5`;
    for (const key of readingKeys) {
      if (random.below(40) === 0) reading[key] = valueOf(key, random);
      else if (index > 0 && key !== "RV" && random.below(6) === 0) reading[key] = undefined;
    }
    readings.push(reading);
  }
  if (random.below(5) === 0) {
    // Two registers side by side.
    const code = valueOf("RI", random);
    readings.push(...readings.map((reading) => ({ ...reading, RI: code })));
  }
  return payloadText(header, readings);
}

/** The payload with one or two random changes: of a value, of the structure, or of single bytes. */
export function mutatePayload(payload: Uint8Array, random: Random): Uint8Array {
  let bytes = payload;
  for (let change = random.below(2); change >= 0; change -= 1) bytes = changeOnce(bytes, random);
  return bytes;
}

function changeOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(9)) {
    case 0: // Another byte.
      return splice(bytes, at, 1, Uint8Array.of(random.below(256)));
    case 1: // A bit.
      return splice(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 2: // Something that means something.
      return splice(bytes, at, random.below(2), new TextEncoder().encode(random.pick(fragments)));
    case 3: // A piece less.
      return splice(bytes, at, 1 + random.below(12), new Uint8Array());
    case 4: {
      // A piece twice.
      const piece = bytes.slice(at, at + 1 + random.below(60));
      return splice(bytes, random.below(bytes.length + 1), 0, piece);
    }
    default:
      return changeField(bytes, random);
  }
}

/** Another value for a field, the field once more, or the field gone. */
function changeField(bytes: Uint8Array, random: Random): Uint8Array {
  const key = random.pick([random.pick(headerKeys), random.pick(readingKeys), random.pick(readingKeys)]);
  const text = Buffer.from(bytes).toString("latin1");
  const places = [...text.matchAll(new RegExp(`"${key}" ?: ?("(?:[^"\\\\]|\\\\.)*"|[^",}\\]]*)`, "g"))];
  const place = places[random.below(Math.max(1, places.length))];
  if (place === undefined) return bytes;
  const value = Buffer.from(valueOf(key, random), "utf8").toString("latin1");
  const member = `"${key}":${value}`;
  const replacement = random.pick([member, member, member, `${place[0]},${member}`, '"ZZ":0', `${place[0]} `]);
  return splice(bytes, place.index, place[0].length, Buffer.from(replacement, "latin1"));
}

function valueOf(key: string, random: Random): string {
  const values = fieldValues[key];
  if (values === undefined) throw new Error(`There are no values for ${key}`);
  return random.pick(values);
}

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]));
}
