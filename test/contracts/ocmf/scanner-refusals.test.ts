import { expect } from "chai";

import { refusalReasons } from "../../../scripts/verify/contract-answers.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { deployedOcmf, type OcmfFixture, type RefusalReason } from "../../helpers/ocmf-chain.ts";
import {
  beginReading,
  bytesOf,
  concat,
  endReading,
  objectText,
  payloadText,
  type RawMembers,
} from "../../helpers/ocmf.ts";

/** A payload and the position at which it is refused. */
type Refused = readonly [payload: string | Uint8Array, position: number];

/** Refused where a text stands first, or some bytes behind it. */
const at = (payload: string, text: string, offset = 0): Refused => [
  payload,
  Buffer.from(payload).indexOf(text) + offset,
];

/** Refused at a reading, counted from 1. */
const atReading = (payload: string, number: number): Refused => {
  let position = payload.indexOf('"RD":[') + 6;
  for (let count = 1; count < number; count += 1) position = payload.indexOf("},{", position) + 2;
  return [payload, position];
};

/** Refused when the list of readings is over, which is the last but one character. */
const afterReadings = (payload: string): Refused => [payload, payload.length - 1];

const atEnd = (payload: string): Refused => [payload, payload.length];

const good = payloadText();
/** Begin and end, with changes to the end. */
const end = (changes: RawMembers): string => payloadText({}, [beginReading, { ...endReading, ...changes }]);
/** An end alone, with changes. */
const only = (changes: RawMembers): string => payloadText({}, [{ ...endReading, ...changes }]);
const nested = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
const manyKeys = (count: number): string =>
  objectText(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "1"])));
/** The good payload with some bytes in a text, which begin at position 7. */
const inText = (...bytes: number[]): Refused => [
  concat(bytesOf('{"GZ":"'), Uint8Array.of(...bytes), bytesOf(`",${good.slice(1)}`)),
  7,
];
const twoRegisters = (first: string, second: string): string =>
  payloadText({}, [
    { ...beginReading, RI: `"${first}"` },
    { ...endReading, RI: `"${first}"` },
    { ...beginReading, RI: `"${second}"` },
    { ...endReading, RI: `"${second}"` },
  ]);

/** Every reason, in the order of the enumeration, with payloads that are refused for it. */
const cases: Readonly<Record<Exclude<RefusalReason, "None">, readonly Refused[]>> = {
  JsonSyntax: [
    ["", 0],
    ["  ", 2],
    ["[]", 0],
    ["{", 1],
    ["{,}", 1],
    ['{"FV"', 5],
    ['{"FV":', 6],
    ['{"FV" "1.0"}', 6],
    ['{"FV":"1.0"', 11],
    ['{"FV":"1.0",}', 12],
    ['{"FV":"1.0";"PG":"T1"}', 11],
    atEnd(good.slice(0, -1)),
    [`${good}x`, good.length],
    [`${good} {}`, good.length + 1],
    at(payloadText({ GI: "tru" }), "tru"),
    at(payloadText({ GI: "True" }), "True"),
    at(payloadText({ GI: "NaN" }), "NaN"),
    at(payloadText({ GI: "nulls" }), "nulls", 4),
    at(payloadText({ GI: "01" }), "01", 1),
    at(payloadText({ GI: "0x70" }), "0x70", 1),
    at(payloadText({ GI: "-" }), "-", 1),
    at(payloadText({ GI: "5." }), "5.", 2),
    at(payloadText({ GI: ".5" }), ".5"),
    at(payloadText({ GI: "5e" }), "5e", 2),
    at(payloadText({ GI: "5e+" }), "5e+", 3),
    at(payloadText({ GI: "+5" }), "+5"),
    at(payloadText({ GI: '"\\x"' }), "\\x"),
    at(payloadText({ GI: '"\\u12g4"' }), "\\u12g4"),
    at(payloadText({ GI: "[5,]" }), "[5,]", 3),
    at(payloadText({ GI: "[5 6]" }), "[5 6]", 3),
    at(payloadText({ GI: "[5}" }), "[5}", 2),
    at(payloadText({ GI: "{5:6}" }), "{5:6}", 1),
    at(payloadText({ GI: '{"a" 6}' }), '{"a" 6}', 5),
    at(payloadText({ GI: "/* */ 5" }), "/*"),
    at(end({ RV: "0112.345" }), "0112.345", 1),
    at(end({ RV: "112.345e" }), "112.345e", 8),
    inText(0x00),
    inText(0x0a),
    inText(0x1f),
  ],
  Utf8Invalid: [
    inText(0x80),
    inText(0xc1, 0x81),
    inText(0xc3, 0x28),
    inText(0xe0, 0x9f, 0xbf),
    inText(0xed, 0xa0, 0x80),
    inText(0xe2, 0x82),
    inText(0xf0, 0x8f, 0xbf, 0xbf),
    inText(0xf4, 0x90, 0x80, 0x80),
    inText(0xf5, 0x80, 0x80, 0x80),
    inText(0xff),
  ],
  PipeInside: [
    at(payloadText({ GI: '"a|b"' }), "|"),
    at(payloadText({ ID: '"a|b"' }), "|"),
    at(end({ TX: '"|"' }), "|"),
  ],
  KeyDuplicate: [
    at(good.replace('"GI":"Test gateway"', '"FV":"1.1"'), '"FV":"1.1"'),
    at(`{"RD":[${objectText(endReading)}],${good.slice(1)}`, `"RD":[${objectText(beginReading)}`),
    at(end({ RV: '1,"RV":2' }), '"RV":2'),
    at(end({ TZ: '1,"TZ":2' }), '"TZ":2'),
    at(end({ ZZ: '1,"longer":1,"longer":2' }), '"longer":2'),
    at(payloadText({ GI: '{"A":1,"A":2}' }), '"A":2'),
    at(payloadText({ GI: '[{"AB":1, "AB" :2}]' }), '"AB" :2'),
  ],
  KeyEscaped: [at(end({ "\\u0052V": "1" }), "\\u0052"), at(`{"\\u0052D":[],${good.slice(1)}`, "\\u0052")],
  TypeWrong: [
    at(payloadText({ PG: "77" }), "77"),
    at(payloadText({ IL: "77" }), "77"),
    at(payloadText({ ID: "{}" }), "{}"),
    at(payloadText({ MS: "77" }), "77"),
    at(payloadText({ GS: "false" }), "false"),
    at(payloadText({ IS: "77" }), "77"),
    at(payloadText({ RD: "{}" }), "{}"),
    at(payloadText({ RD: '["B"]' }), '"B"'),
    at(payloadText({ RD: `[${objectText(endReading)},]` }), "},]", 2),
    at(end({ TM: "null" }), "null"),
    at(end({ TX: "77" }), "77"),
    at(end({ EF: "null" }), "null"),
    at(end({ ST: "[]" }), "[]"),
    at(end({ RI: "null" }), "null"),
    at(end({ RU: "77" }), "77"),
  ],
  VersionUnknown: ['"1.5"', '"2.0"', '"1.a"', '""', "1", "15", "1.5", "null", `1.2${"0".repeat(29)}`].map((version) =>
    at(payloadText({ FV: version }), version),
  ),
  PaginationInvalid: [
    atEnd(payloadText({ PG: undefined })),
    ...['"T"', '""', '"T007"', '"P1"', '"t1"', '"T1a"', '"T-1"', '"F01"'].map((pagination) =>
      at(payloadText({ PG: pagination }), pagination),
    ),
  ],
  PaginationFiscal: [at(payloadText({ PG: '"F12"' }), '"F12"')],
  IdentificationLevelBad: ["MISMATCH", "INVALID", "OUTDATED", "UNKNOWN", "none", "TRUSTED "].map((level) =>
    at(payloadText({ IL: `"${level}"` }), `"${level}"`),
  ),
  ReadingsMissing: [
    atEnd(payloadText({ RD: undefined })),
    at(payloadText({ RD: "[]" }), "[]", 1),
    at(payloadText({ RD: "[ ]" }), "[ ]", 2),
  ],
  TransactionMissing: [atReading(only({ TX: undefined }), 1)],
  TransactionUnknown: [
    atReading(only({ TX: '"Q"' }), 1),
    atReading(only({ TX: '"e"' }), 1),
    atReading(end({ TX: '"BE"' }), 2),
    at(only({ TX: '""' }), '"TX":""', 5),
  ],
  TransactionException: [
    atReading(only({ TX: '"X"' }), 1),
    atReading(payloadText({}, [beginReading, { ...endReading, TX: '"X"', RI: '"1-b:2.8.0"' }, endReading]), 2),
  ],
  BeginRepeated: [atReading(payloadText({}, [beginReading, beginReading, endReading]), 2)],
  EndRepeated: [atReading(payloadText({}, [beginReading, endReading, endReading]), 3)],
  ReadingOutOfOrder: [
    atReading(payloadText({}, [beginReading, endReading, { ...endReading, TX: '"C"' }]), 3),
    atReading(payloadText({}, [{ ...beginReading, TX: '"C"' }, beginReading]), 2),
    atReading(payloadText({}, [endReading, { ...endReading, TX: '"B"' }]), 2),
  ],
  StatusNotGood: [
    atReading(only({ ST: undefined }), 1),
    atReading(only({ ST: '"M"' }), 1),
    atReading(only({ ST: '""' }), 1),
    atReading(payloadText({}, [beginReading, endReading, { RI: '"1-b:2.8.0"', ST: '"E"' }]), 3),
  ],
  EnergyFlagged: ['"E"', '"Et"', '"tE"', '"x"'].map((flags) => at(only({ EF: flags, TX: '"L"' }), flags)),
  ImportRegisterMissing: [
    afterReadings(only({ RI: undefined })),
    afterReadings(only({ RI: '"1-b:2.8.0"' })),
    afterReadings(only({ TX: '"C"', RV: undefined })),
  ],
  UnitUnknown: [undefined, '"MWh"', '"kwh"', '"kWh "', '""'].map((unit) => atReading(only({ RU: unit }), 1)),
  ValueMissing: [
    atReading(end({ RV: undefined }), 2),
    atReading(payloadText({}, [{ ...beginReading, RV: undefined }, endReading]), 1),
  ],
  ValueInvalid: [
    ...["-1", "-0.0", "null", "true", "[1]", "{}"],
    ...['"112,345"', '"112.345 "', '""', '" "', '"1e2"', '"-1"', '".5"', '"5."'],
  ].map((value) => atReading(end({ RV: value }), 2)),
  ValueDecreasing: [
    atReading(end({ RV: "99.999" }), 2),
    atReading(payloadText({}, [beginReading, { ...beginReading, TX: '"C"', RV: "113" }, endReading]), 3),
  ],
  TimeInvalid: [
    atReading(only({ TM: undefined }), 1),
    ...[
      "2026-13-01T10:00:00,000+0100 S",
      "2026-00-01T10:00:00,000+0100 S",
      "2026-02-29T10:00:00,000+0100 S",
      "2100-02-29T10:00:00,000+0100 S",
      "2026-04-31T10:00:00,000+0100 S",
      "2026-03-00T10:00:00,000+0100 S",
      "2026-03-01T24:00:00,000+0100 S",
      "2026-03-01T10:60:00,000+0100 S",
      "2026-03-01T10:00:60,000+0100 S",
      "2026-03-01T10:00:00.000+0100 S",
      "2026-03-01 10:00:00,000+0100 S",
      "2026-03-01T10:00:00,000+1401 S",
      "2026-03-01T10:00:00,000+0060 S",
      "2026-03-01T10:00:00,000 0100 S",
      "2026-03-01T10:00:00,000+0100",
      "2026-03-01T10:00:00,000+0100 Q",
      "2026-03-01T10:00:00,000+0100 SS",
      "2026-03-01T10:00:00,000Z S",
      "2026-03-01T1a:00:00,000+0100 S",
      "",
    ].map((time) => at(only({ TM: `"${time}"` }), '"TM":', 5)),
  ],
  TimeDecreasing: [atReading(end({ TM: '"2026-03-01T09:59:59,999+0100 S"' }), 2)],
  SizeAboveLimit: [[payloadText({ XP: `"${"x".repeat(3072)}"` }), 3072]],
  DepthAboveLimit: [
    at(payloadText({ GI: nested(8) }), nested(8), 7),
    at(payloadText({ GI: '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}' }), "{}"),
    at(end({ UC: nested(6) }), nested(6), 5),
  ],
  KeysAboveLimit: [
    at(payloadText({ GI: manyKeys(17) }), '"k16"'),
    at(`${good.slice(0, -1)},${manyKeys(17).slice(1)}`, '"k16"'),
  ],
  ReadingsAboveLimit: [
    atReading(payloadText({}, [beginReading, ...Array.from({ length: 64 }, () => ({ TX: '"C"', RV: "100" }))]), 65),
  ],
  TextNotPlain: [
    at(only({ TX: '"В"' }), "В"),
    at(only({ TX: '"\\u0042"' }), "\\u0042"),
    at(payloadText({ ID: '"\\u0041"' }), "\\u0041"),
    at(payloadText({ MS: '"a\\\\"' }), "\\"),
    at(payloadText({ RѴ: "1" }), "Ѵ"),
    at(payloadText({ "": "1" }), '"":1'),
    at(payloadText({ ["k".repeat(32)]: "1" }), "kkk", 32),
  ],
  SurrogateEscaped: ["\\ud800", "\\ud83d\\ude00", "\\uDFFF"].map((escape) =>
    at(payloadText({ TT: `"${escape}"` }), escape),
  ),
  VersionAboveLimit: [
    atEnd(payloadText({ FV: undefined })),
    ...['"0.1"', "0.4", '"1.0.1"', "1.00"].map((version) => at(payloadText({ FV: version }), version)),
  ],
  PaginationAboveLimit: [at(payloadText({ PG: '"T1234567890123456789"' }), '"T1234')],
  IdentificationStatusTextual: [at(payloadText({ IS: '"VERIFIED"' }), '"VERIFIED"')],
  RegisterUnknown: [
    "",
    "1-b",
    "1-b:1.8",
    "1-b:1.8.0 ",
    "1-b:1.8.0*01",
    "01-00:01.08.00.0FF",
    "1-b:1.8.0*",
    "1-b:1.8.0*FF*FF",
    "1-b:1.8.0-FF",
    "2-b:1.8.0",
    "1-b:3.8.0",
    "1-b:B4.8.0",
    "1-b:1.8.0000",
    "1-g:1.8.0",
    "1b:1.8.0",
  ].map((code) => at(only({ RI: `"${code}"` }), `"RI":"${code}"`, 5)),
  RegisterAmbiguous: [
    afterReadings(twoRegisters("1-b:1.8.0", "1-0:1.8.0")),
    afterReadings(twoRegisters("1-b:1.8.0", "1-0:B0.8.0")),
    afterReadings(twoRegisters("1-0:B3.8.0", "1-0:98.8.0")),
    afterReadings(twoRegisters("1-0:9E.8.0", "1-0:B3.8.0")),
    // Two of the best rank, wherever a worse one stands among them.
    ...[
      ["1-0:B3.8.0", "01-00:B3.08.00", "1-0:B2.8.0"],
      ["1-0:B3.8.0", "1-0:98.8.0", "1-0:B0.8.0"],
      ["1-0:B3.8.0", "1-0:B0.8.0", "1-0:98.8.0"],
      ["1-0:B0.8.0", "1-0:B3.8.0", "1-0:98.8.0"],
      ["1-0:B3.8.0", "1-0:98.8.0", "1-0:B2.8.0", "1-0:B1.8.0"],
      ["1-0:B1.8.0", "1-0:B3.8.0", "1-0:98.8.0", "1-0:B0.8.0"],
      ["1-0:B2.8.0", "01-00:B2.08.00", "1-0:B1.8.0"],
    ].map((codes) =>
      afterReadings(
        payloadText({}, [
          ...codes.map((code) => ({ ...beginReading, RI: `"${code}"` })),
          ...codes.map((code) => ({ ...endReading, RI: `"${code}"` })),
        ]),
      ),
    ),
    // The better register has no end, the worse one has.
    afterReadings(
      payloadText({}, [
        { ...beginReading, RI: '"1-0:B3.8.0"' },
        { ...beginReading, RI: '"1-0:B0.8.0"' },
        { ...endReading, RI: '"1-0:B0.8.0"' },
      ]),
    ),
  ],
  RegistersAboveLimit: [
    atReading(
      payloadText(
        {},
        ["B0", "B1", "B2", "B3", "98"].map((quantity) => ({ ...beginReading, RI: `"1-0:${quantity}.8.0"` })),
      ),
      5,
    ),
  ],
  ValueAboveLimit: [
    at(end({ RV: "1e31" }), "1e31"),
    at(end({ RV: "1e400" }), "1e400"),
    at(end({ RV: "1e0001" }), "1e0001"),
    at(end({ RV: `0.${"0".repeat(30)}` }), "0.0000"),
    at(end({ RV: `${"1".repeat(27)}e1` }), "11111"),
    at(end({ RV: `"${"1".repeat(32)}"` }), '"11111'),
    atReading(end({ RV: "1e30" }), 2),
    atReading(end({ RV: "9223372037" }), 2),
    at(payloadText({ GI: "1".repeat(65) }), "11111"),
  ],
  ValueTooFine: [
    atReading(
      payloadText({}, [
        { ...beginReading, RV: "100.0000000001" },
        { ...endReading, RV: "100.0000000001" },
      ]),
      2,
    ),
  ],
  TimeAboveLimit: [at(only({ TM: '"1969-12-31T23:59:59,999+0000 S"' }), '"1969')],
};

describe("OcmfScanner refusals", () => {
  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  for (const [reason, payloads] of Object.entries(cases)) {
    it(`refuses with ${reason} at the place where it shows`, async () => {
      const { scanner } = fixture;
      const number = refusalReasons.findIndex(([name]) => name === reason);

      for (const [payload, position] of payloads) {
        const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
        await expect(scanner.scan(bytes), Buffer.from(bytes).toString("latin1"))
          .to.be.revertedWithCustomError(scanner, "RecordRefused")
          .withArgs(number, position);
      }
    });
  }
});
