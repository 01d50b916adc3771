/**
 * Writes the vectors beside this file: `node test/vectors/ocmf/generate.ts`. The keys are fresh on every run and are
 * thrown away, so the vectors are generated once and committed; they have the form of a manifest of verify:ocmf.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import { encodePoint } from "../../../services/evidence/formats/ocmf/public-key.ts";
import {
  beginReading,
  bytesOf,
  createTestKey,
  curves,
  endReading,
  payloadText,
  recordOf,
  signHex,
  signScalars,
  type RawMembers,
  type TestKey,
} from "../../helpers/ocmf.ts";

const folder = new URL("./", import.meta.url);
const meter = createTestKey("secp256r1");
let pagination = 100;

interface Vector {
  readonly name: string;
  readonly accept: "must" | "must-not";
  readonly deltaWh: string | null;
  readonly note: string;
  readonly record: Uint8Array;
  readonly publicKey: string | null;
}

/** The energy, `null` where a record has only one reading, or that it must be refused. */
type Expected = `${number}` | null | "refused";

const vectors: Vector[] = [];

function add(
  name: string,
  deltaWh: Expected,
  note: string,
  options: {
    readonly header?: RawMembers;
    readonly readings?: readonly RawMembers[];
    readonly key?: TestKey;
    readonly publicKey?: string | null;
    readonly signature?: (payload: Uint8Array) => RawMembers;
    readonly change?: (record: string) => string;
  } = {},
): void {
  const key = options.key ?? meter;
  pagination += 1;
  const payload = payloadText({ PG: `"T${pagination}"`, ...options.header }, options.readings);
  const record = recordOf(payload, key, options.signature?.(bytesOf(payload)) ?? {});
  vectors.push({
    name,
    accept: deltaWh === "refused" ? "must-not" : "must",
    deltaWh: deltaWh === "refused" ? null : deltaWh,
    note,
    record: options.change === undefined ? record : bytesOf(options.change(new TextDecoder().decode(record))),
    publicKey: options.publicKey === undefined ? key.spkiHex : options.publicKey,
  });
}

function addReadings(name: string, deltaWh: Expected, note: string, ...readings: readonly RawMembers[]): void {
  add(name, deltaWh, note, { readings });
}

const on = (register: string, reading: RawMembers, value: string): RawMembers => ({
  ...reading,
  RI: `"${register}"`,
  RV: value,
});
const point = Buffer.from(encodePoint(meter.publicKey)).toString("hex");

for (const curve of curves)
  add(`complete-${curve}`, "12345", "begin and end in one record", { key: createTestKey(curve) });
add("default-algorithm", "12345", "SA is missing and means secp256r1", { signature: () => ({ SA: undefined }) });
add("bare-scalars", "12345", "r and s without DER", {
  signature: (payload) => {
    const { r, s } = signScalars(meter, payload);
    return { SD: `"${r}${s}"` };
  },
});
add("loose-der", "12345", "INTEGERs of fixed length without zero byte, as some meters write them", {
  signature: (payload) => {
    const { r, s } = signScalars(meter, payload);
    const { n } = curveParameters.secp256r1;
    const highS = BigInt(`0x${s}`) > n / 2n ? s : (n - BigInt(`0x${s}`)).toString(16).padStart(64, "0");
    return { SD: `"30440220${r}0220${highS}"` };
  },
});
add("base64-signature", "12345", "SE is base64", {
  signature: (payload) => ({
    SE: '"base64"',
    SD: `"${Buffer.from(signHex(meter, payload), "hex").toString("base64")}"`,
  }),
});
add("key-bare-point", "12345", "the key as x and y without prefix", { publicKey: point.slice(2) });
add("key-base64-of-hex", "12345", "the key as base64 of hex text", {
  publicKey: Buffer.from(meter.spkiHex).toString("base64"),
});
addReadings("carried-forward", "12345", "the end leaves out what is as in the begin", beginReading, {
  TM: endReading["TM"],
  TX: '"E"',
  RV: "112.345",
});
addReadings(
  "quoted-digits",
  "12345",
  "RV in quotes, padded",
  { ...beginReading, RV: '"     100.000"' },
  { ...endReading, RV: '"00112.345"' },
);
addReadings(
  "exponent",
  "12345",
  "RV with exponent, in Wh",
  { ...beginReading, RU: '"Wh"', RV: "1e5" },
  { ...endReading, RU: '"Wh"', RV: "1.12345e5" },
);
addReadings(
  "loss-compensated",
  "38873",
  "B3 is billed, not B0",
  on("01-00:B0.08.00*FF", beginReading, "5965.296"),
  on("01-00:B3.08.00*FF", beginReading, "0.000"),
  on("01-00:B0.08.00*FF", endReading, "6004.319"),
  on("01-00:B3.08.00*FF", endReading, "38.873"),
);
addReadings(
  "import-and-export",
  "12345",
  "export is not billed",
  beginReading,
  on("1-b:2.8.0", beginReading, "5"),
  endReading,
  on("1-b:2.8.0", endReading, "9"),
);
addReadings("begin-only", null, "a begin alone", beginReading);
add("session-begin", null, "begin of a session of two records", { readings: [beginReading] });
add("session-end", null, "end of that session", { readings: [endReading] });
add("tampered", "refused", "the end was raised after signing", {
  change: (record) => record.replace("112.345", "112.346"),
});
add("wrong-key", "refused", "the key of another meter", { publicKey: createTestKey("secp256r1").spkiHex });
add("no-key", "refused", "no key", { publicKey: null });
add("curve-mismatch", "refused", "SA names another curve than the key", {
  signature: () => ({ SA: '"ECDSA-secp256k1-SHA256"' }),
});
add("fourth-section", "refused", "a key that came with the record", {
  change: (record) => `${record}|${meter.spkiHex}`,
});
add("duplicate-readings", "refused", "RD twice", { header: { FV: '"1.0","RD":[]' } });
add("escaped-key", "refused", "RV written with an escape", {
  readings: [beginReading, { ...endReading, RV: undefined, "\\u0052V": "112" }],
});
addReadings("unknown-unit", "refused", "a unit that is not whitelisted", beginReading, { ...endReading, RU: '"MWh"' });
addReadings("meter-state", "refused", "meter state F", beginReading, { ...endReading, ST: '"F"' });
addReadings(
  "exception",
  "refused",
  "an exception before the end",
  beginReading,
  { ...beginReading, TX: '"X"' },
  endReading,
);
add("fiscal", "refused", "a fiscal record", { header: { PG: '"F3"' } });

const file = (name: string): string => `records/${name}.ocmf`;
const manifest = {
  set: "wattproof-vectors",
  records: vectors.map(({ name, accept, deltaWh, note, publicKey }) => ({
    file: file(name),
    publicKey,
    expected: { accept, energy: { deltaWh } },
    note,
  })),
  sessions: [
    {
      id: "pair",
      records: [file("session-begin"), file("session-end")],
      expected: { accept: "must", deltaWh: "12345" },
    },
    { id: "complete", records: [file("exponent")], expected: { accept: "must", deltaWh: "12345" } },
    { id: "begin-twice", records: [file("session-begin"), file("session-begin")], expected: { accept: "must-not" } },
    { id: "gap", records: [file("begin-only"), file("session-end")], expected: { accept: "must-not" } },
    { id: "end-missing", records: [file("session-begin")], expected: { accept: "must-not" } },
  ],
};

// The test runner loads every file below test/; only who runs this one wants other vectors.
if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  await rm(new URL("records/", folder), { recursive: true, force: true });
  await mkdir(new URL("records/", folder));
  for (const { name, record } of vectors) await writeFile(new URL(file(name), folder), record);
  await writeFile(new URL("manifest.json", folder), `${JSON.stringify(manifest, null, 2)}\n`);
}
