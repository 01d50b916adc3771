import { expect } from "chai";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { formatDecimal } from "../../../../../services/domain/decimal.ts";
import { recordLimits } from "../../../../../services/evidence/formats/ocmf/limits.ts";
import { readPayload, type PayloadContent } from "../../../../../services/evidence/formats/ocmf/payload.ts";
import {
  beginReading,
  bytesOf,
  endReading,
  expectReason,
  payloadText,
  type RawMembers,
} from "../../../../helpers/ocmf.ts";

function read(header: RawMembers, readings?: readonly RawMembers[]): PayloadContent {
  return readPayload(bytesOf(payloadText(header, readings)));
}

function refusesHeader(what: string, header: RawMembers, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => read(header), reason);
  });
}

function refusesReadings(what: string, readings: readonly RawMembers[], reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => read({}, readings), reason);
  });
}

function accepts(
  what: string,
  readings: readonly RawMembers[],
  energyWh: string | null,
  header: RawMembers = {},
): void {
  it(`accepts ${what}`, () => {
    const content = read(header, readings);
    expect(content.energyWh === null ? null : formatDecimal(content.energyWh)).to.equal(energyWh);
  });
}

const middle: RawMembers = { ...beginReading, TX: '"C"', RV: "105", TM: '"2026-03-01T10:30:00,000+0100 S"' };
const on = (register: string, reading: RawMembers, value?: string): RawMembers => ({
  ...reading,
  RI: JSON.stringify(register),
  ...(value === undefined ? {} : { RV: value }),
});
/** A reading that leaves out everything but what is given. */
const bare = (members: RawMembers): RawMembers => members;

describe("Header of OCMF payloads", () => {
  for (const version of [
    '"2.0"',
    '"1.5"',
    '"0.6"',
    '"0.0"',
    '"1"',
    "1",
    "2.0",
    '""',
    '"1.0 "',
    '"01.0"',
    "null",
    "true",
    '"1.0e0"',
  ]) {
    refusesHeader(`FV ${version}`, { FV: version }, "OCMF_FORMAT_VERSION_UNKNOWN");
  }
  for (const pagination of [
    undefined,
    "null",
    "7",
    '""',
    '"T"',
    '"7"',
    '"t7"',
    '"T007"',
    '"T00"',
    '"T-1"',
    '"T+1"',
    '"T1.0"',
    '"T1e3"',
    '" T1"',
    '"T1 "',
    '"T 1"',
    '"P1"',
    '"TF1"',
    '"T１"',
    '"T10000000000000000000"',
  ]) {
    refusesHeader(`PG ${pagination ?? "that is missing"}`, { PG: pagination }, "OCMF_PAGINATION_INVALID");
  }
  refusesHeader("a fiscal record", { PG: '"F12"' }, "OCMF_FISCAL_RECORD");
  for (const level of ["MISMATCH", "INVALID", "OUTDATED", "UNKNOWN"]) {
    refusesHeader(`IL ${level}`, { IL: `"${level}"` }, "OCMF_IDENTIFICATION_ERROR");
    refusesHeader(
      `IS ${level} of OCMF 0.1`,
      { FV: '"0.1"', IL: undefined, IS: `"${level}"` },
      "OCMF_IDENTIFICATION_ERROR",
    );
  }
  for (const level of ["mismatch", "Trusted", "TRUSTED ", "0"]) {
    refusesHeader(`IL ${JSON.stringify(level)}`, { IL: `"${level}"` }, "OCMF_IDENTIFICATION_LEVEL_UNKNOWN");
  }
  refusesHeader("IS with an unknown text", { IS: '"yes"' }, "OCMF_IDENTIFICATION_LEVEL_UNKNOWN");
  refusesHeader("IS as a number", { IS: "1" }, "OCMF_FIELD_INVALID");
  for (const key of ["ID", "MS", "GS", "IL"]) {
    refusesHeader(`${key} as a number`, { [key]: "1" }, "OCMF_FIELD_INVALID");
    refusesHeader(`${key} as a list`, { [key]: '["a"]' }, "OCMF_FIELD_INVALID");
  }
  for (const list of [undefined, "null", "[]", "{}", '"x"', "[null]", "[1]", "[[]]"]) {
    refusesHeader(`RD ${list ?? "that is missing"}`, { RD: list }, "OCMF_READINGS_MISSING");
  }
  refusesHeader("RD in lower case", { RD: undefined, rd: "[]" }, "OCMF_READINGS_MISSING");
  refusesHeader(
    "more readings than the limit",
    { RD: `[${new Array<string>(recordLimits.readings + 1).fill("{}").join(",")}]` },
    "OCMF_READINGS_TOO_MANY",
  );
  refusesHeader("an escaped RD in front of the plain one", { "\\u0052D": "[]" }, "OCMF_JSON_ESCAPED_KEY");

  it("reads every published version, as text or as number, or none", () => {
    for (const version of ["0.1", "0.2", "0.3", "0.4", "0.5", "1.0", "1.1", "1.2", "1.3", "1.4"]) {
      expect(read({ FV: `"${version}"` }).formatVersion).to.equal(version);
      expect(read({ FV: version }).formatVersion).to.equal(version);
    }
    expect(read({ FV: '"1.4.1"' }).formatVersion).to.equal("1.4.1");
    expect(read({ FV: undefined }).formatVersion).to.equal(null);
  });

  it("reads paginations from zero to nineteen digits", () => {
    expect(read({ PG: '"T0"' }).pagination).to.deep.equal({ context: "T", number: 0n });
    expect(read({ PG: '"T9999999999999999999"' }).pagination.number).to.equal(9_999_999_999_999_999_999n);
  });

  it("reads a record that leaves out what may be left out", () => {
    const content = read({
      FV: undefined,
      GI: undefined,
      GS: undefined,
      GV: undefined,
      MV: undefined,
      MM: undefined,
      MS: undefined,
      IS: undefined,
      IL: undefined,
      IF: undefined,
      IT: undefined,
      ID: undefined,
    });
    expect(content).to.deep.include({
      formatVersion: null,
      identification: null,
      isAssigned: null,
      identificationLevel: null,
      identificationFlags: [],
      gatewaySerial: null,
      meterSerial: null,
    });
  });

  it("reads the level from IS where OCMF 0.1 has it", () => {
    const content = read({ FV: '"0.1"', IL: undefined, IS: '"VERIFIED"', VI: '"ABL"', VV: '"1.4p3"' });
    expect(content).to.include({ isAssigned: null, identificationLevel: "VERIFIED" });
  });

  it("ignores types and values of fields that decide nothing, and extensions", () => {
    const content = read({
      CT: "0",
      MV: "1",
      IF: '["OCCP_AUTH",1]',
      UX: "[1]",
      LC: '{"LR":"x"}',
      TT: `"${"x".repeat(300)}"`,
    });
    expect(content).to.deep.include({ meterVendor: null, identificationFlags: ["OCCP_AUTH"] });
  });

  it("takes readings from the top-level RD alone", () => {
    const decoy = '[{"TX":"B","RV":0,"RI":"1-b:1.8.0"},{"TX":"E","RV":99999,"RI":"1-b:1.8.0"}]';
    const content = read({ U: decoy, U1: `{"RD":${decoy}}`, TT: '"\\"RD\\":[{\\"RV\\":1}]\\\\"', ["__proto__"]: "1" });
    expect(content.energyWh).to.deep.equal({ unscaled: 12_345n, scale: 0 });
  });
});

describe("Readings of OCMF payloads", () => {
  refusesReadings(
    "a first reading without TX",
    [{ ...beginReading, TX: undefined }, endReading],
    "OCMF_TRANSACTION_MARKER_MISSING",
  );
  for (const marker of ['"Q"', '"b"', '""', '"E "', '"В"', "null", "1"]) {
    refusesReadings(`TX ${marker}`, [beginReading, { ...endReading, TX: marker }], "OCMF_TRANSACTION_MARKER_UNKNOWN");
  }
  refusesReadings("an exception", [beginReading, { ...middle, TX: '"X"' }, endReading], "OCMF_TRANSACTION_EXCEPTION");
  refusesReadings(
    "an exception after the end",
    [beginReading, endReading, { ...endReading, TX: '"X"' }],
    "OCMF_TRANSACTION_EXCEPTION",
  );
  refusesReadings(
    "an exception on an export register",
    [beginReading, on("1-b:2.8.0", { ...middle, TX: '"X"' }), endReading],
    "OCMF_TRANSACTION_EXCEPTION",
  );
  for (const state of ["N", "T", "D", "R", "M", "X", "I", "O", "S", "E", "F", "g", "", "G "]) {
    refusesReadings(
      `meter state ${JSON.stringify(state)} at the end`,
      [beginReading, { ...endReading, ST: `"${state}"` }],
      "OCMF_METER_STATE_NOT_GOOD",
    );
  }
  refusesReadings(
    "a record without meter state",
    [
      { ...beginReading, ST: undefined },
      { ...endReading, ST: undefined },
    ],
    "OCMF_METER_STATE_NOT_GOOD",
  );
  refusesReadings(
    "a bad meter state in between",
    [beginReading, { ...middle, ST: '"M"' }, endReading],
    "OCMF_METER_STATE_NOT_GOOD",
  );
  refusesReadings(
    "a bad meter state that is carried forward",
    [
      { ...beginReading, ST: '"E"' },
      { ...endReading, ST: undefined },
    ],
    "OCMF_METER_STATE_NOT_GOOD",
  );
  for (const flags of ['"E"', '"Et"', '"tE"']) {
    refusesReadings(`error flags ${flags}`, [beginReading, { ...endReading, EF: flags }], "OCMF_ERROR_FLAG_ENERGY");
  }
  refusesReadings(
    "an energy error that is carried forward",
    [
      { ...beginReading, EF: '"E"' },
      { ...endReading, EF: undefined },
    ],
    "OCMF_ERROR_FLAG_ENERGY",
  );
  for (const flags of ['"e"', '"x"', '" "', "null", "[]"]) {
    refusesReadings(`error flags ${flags}`, [beginReading, { ...endReading, EF: flags }], "OCMF_ERROR_FLAG_UNKNOWN");
  }
  refusesReadings(
    "a first reading without time",
    [{ ...beginReading, TM: undefined }, endReading],
    "OCMF_TIME_INVALID",
  );
  refusesReadings("a time that is a number", [beginReading, { ...endReading, TM: "1" }], "OCMF_TIME_INVALID");
  refusesReadings(
    "a day that does not exist",
    [beginReading, { ...endReading, TM: '"2026-02-30T10:00:00,000+0100 S"' }],
    "OCMF_TIME_INVALID",
  );
  refusesReadings("a register that is a number", [beginReading, { ...endReading, RI: "1" }], "OCMF_FIELD_INVALID");
  refusesReadings(
    "a record without register",
    [
      { ...beginReading, RI: undefined },
      { ...endReading, RI: undefined },
    ],
    "OCMF_IMPORT_REGISTER_MISSING",
  );
  refusesReadings(
    "a record of export alone",
    [on("1-b:2.8.0", beginReading), on("1-b:2.8.0", endReading)],
    "OCMF_IMPORT_REGISTER_MISSING",
  );
  refusesReadings(
    "a record of a reserved register",
    [on("01-00:B4.08.00*FF", beginReading), on("01-00:B4.08.00*FF", endReading)],
    "OCMF_IMPORT_REGISTER_MISSING",
  );
  refusesReadings("a record of events without values", [{ ...middle, RV: undefined }], "OCMF_IMPORT_REGISTER_MISSING");
  for (const unit of [
    '"MWh"',
    '"sec"',
    '"s"',
    '"J"',
    '"varh"',
    '"kwh"',
    '"KWH"',
    '"wh"',
    '"kWh "',
    '""',
    "null",
    "1",
  ]) {
    refusesReadings(`the unit ${unit}`, [beginReading, { ...endReading, RU: unit }], "OCMF_UNIT_UNKNOWN");
  }
  refusesReadings(
    "a record without unit",
    [
      { ...beginReading, RU: undefined },
      { ...endReading, RU: undefined },
    ],
    "OCMF_UNIT_UNKNOWN",
  );
  for (const marker of ["E", "L", "R", "A", "P"]) {
    refusesReadings(
      `an end ${marker} without value`,
      [beginReading, { ...endReading, TX: `"${marker}"`, RV: undefined }],
      "OCMF_VALUE_MISSING",
    );
  }
  refusesReadings("a begin without value", [{ ...beginReading, RV: undefined }, endReading], "OCMF_VALUE_MISSING");
  refusesReadings(
    "a value under a key that looks alike",
    [beginReading, { ...endReading, RV: undefined, RѴ: "112" }],
    "OCMF_VALUE_MISSING",
  );
  refusesReadings(
    "a value under a key in lower case",
    [beginReading, { ...endReading, RV: undefined, rv: "112" }],
    "OCMF_VALUE_MISSING",
  );
  for (const value of [
    "-112.345",
    "-0.0",
    "-0",
    "1e400",
    "null",
    "true",
    "[112.345]",
    "{}",
    '""',
    '"112.345 "',
    '"112,345"',
    '"-1"',
    '"+1"',
    '"1.5e2"',
    '"NaN"',
    '"0x70"',
    "1000000000000",
    "1e12",
  ]) {
    refusesReadings(`the value ${value}`, [beginReading, { ...endReading, RV: value }], "OCMF_VALUE_INVALID");
  }
  refusesReadings(
    "two begins of one register",
    [beginReading, middle, beginReading, endReading],
    "OCMF_BEGIN_REPEATED",
  );
  refusesReadings("a begin that is carried forward", [beginReading, bare({ RV: "112" })], "OCMF_BEGIN_REPEATED");
  refusesReadings("two ends of one register", [beginReading, endReading, endReading], "OCMF_END_REPEATED");
  refusesReadings(
    "two ends of one register that differ in reason",
    [beginReading, { ...endReading, TX: '"A"' }, endReading],
    "OCMF_END_REPEATED",
  );
  refusesReadings("an end in front of the begin", [endReading, beginReading], "OCMF_READING_ORDER");
  refusesReadings("a reading in front of the begin", [middle, beginReading, endReading], "OCMF_READING_ORDER");
  refusesReadings(
    "a reading after the end",
    [beginReading, endReading, { ...middle, RV: "113" }],
    "OCMF_READING_ORDER",
  );
  refusesReadings("an end below the begin", [beginReading, { ...endReading, RV: "99.999" }], "OCMF_ENERGY_NEGATIVE");
  refusesReadings(
    "an end in kWh below a begin in Wh",
    [
      { ...beginReading, RU: '"Wh"', RV: "100001" },
      { ...endReading, RV: "100" },
    ],
    "OCMF_ENERGY_NEGATIVE",
  );
  refusesReadings(
    "an end before the begin in time",
    [beginReading, { ...endReading, TM: '"2026-03-01T09:59:59,999+0100 S"' }],
    "OCMF_TIME_REVERSED",
  );
  refusesReadings(
    "a value in between above the end",
    [beginReading, { ...middle, RV: "113" }, endReading],
    "OCMF_VALUE_DECREASING",
  );
  refusesReadings(
    "a value in between below the begin",
    [beginReading, { ...middle, RV: "99" }, endReading],
    "OCMF_VALUE_DECREASING",
  );
  refusesReadings(
    "a contradiction in a register that is not billed",
    [
      on("01-00:B0.08.00*FF", beginReading),
      on("01-00:B3.08.00*FF", beginReading, "0"),
      on("01-00:B0.08.00*FF", endReading, "1"),
      on("01-00:B3.08.00*FF", endReading, "5"),
    ],
    "OCMF_ENERGY_NEGATIVE",
  );
  refusesReadings(
    "begin and end of different registers",
    [on("1-0:1.8.0", beginReading), on("1-0:1.8.1", endReading)],
    "OCMF_REGISTER_MISMATCH",
  );
  refusesReadings(
    "a better register without end",
    [
      on("01-00:B0.08.00*FF", beginReading),
      on("01-00:B3.08.00*FF", beginReading, "0"),
      on("01-00:B0.08.00*FF", endReading),
    ],
    "OCMF_REGISTER_MISMATCH",
  );
  refusesReadings(
    "two tariff registers without their sum",
    [
      on("1-0:1.8.1", beginReading),
      on("1-0:1.8.2", beginReading),
      on("1-0:1.8.1", endReading),
      on("1-0:1.8.2", endReading),
    ],
    "OCMF_REGISTER_AMBIGUOUS",
  );

  accepts("begin and end in one record", [beginReading, endReading], "12345");
  for (const marker of ["E", "L", "R", "A", "P"]) {
    accepts(`the end ${marker}`, [beginReading, { ...endReading, TX: `"${marker}"` }], "12345");
  }
  accepts(
    "readings in between",
    [beginReading, middle, { ...middle, TX: '"S"' }, { ...middle, TX: '"T"' }, endReading],
    "12345",
  );
  accepts("an event without value in between", [beginReading, { TX: '"S"' }, endReading], "12345");
  accepts("zero energy", [beginReading, { ...endReading, RV: "100" }], "0");
  accepts("a begin alone", [beginReading], null);
  accepts("an end alone", [endReading], null);
  accepts("a reading in between alone", [middle], null);
  accepts("an end with a reading before it", [middle, endReading], null);
  accepts(
    "fields that are carried forward",
    [beginReading, bare({ TM: endReading["TM"], TX: '"E"', RV: "112.345" })],
    "12345",
  );
  accepts(
    "a unit that is carried forward to another register",
    [beginReading, bare({ RI: '"1-b:2.8.0"', RV: "1" }), endReading],
    "12345",
  );
  accepts("a begin in Wh and an end in kWh", [{ ...beginReading, RU: '"Wh"', RV: "100000" }, endReading], "12345");
  accepts("values of many digits", [beginReading, { ...endReading, RV: "112.34567891000000000000000" }], "12345.67891");
  accepts(
    "quoted digits",
    [
      { ...beginReading, RV: '"00000100.000"' },
      { ...endReading, RV: '"     112.345"' },
    ],
    "12345",
  );
  accepts(
    "an exponent",
    [
      { ...beginReading, RV: "1e2" },
      { ...endReading, RV: "1.12345E+2" },
    ],
    "12345",
  );
  accepts(
    "the largest value that is believed",
    [beginReading, { ...endReading, RV: "999999999999.999" }],
    "999999999899999",
  );
  accepts(
    "a time error",
    [
      { ...beginReading, EF: '"t"' },
      { ...endReading, EF: undefined, TM: '"1970-01-01T00:00:00,000+0000 U"' },
    ],
    "12345",
  );
  accepts(
    "times that are unknown",
    [
      { ...beginReading, TM: '"1970-01-01T01:01:49,000+0100 U"' },
      { ...endReading, TM: '"1970-01-01T01:01:49,000+0100 R"' },
    ],
    "12345",
  );
  accepts("escape sequences in values", [{ ...beginReading, TX: '"\\u0042"', RU: '"\\u006bWh"' }, endReading], "12345");
  accepts(
    "vendor fields inside a reading",
    [{ ...beginReading, UC: '{"RV":99999,"TX":"E"}', XV: "5", XI: '"1-0:1.8.0*255"' }, endReading],
    "12345",
  );

  const registers: readonly (readonly [string, string, string])[] = [
    ["export", "1-b:1.8.0", "1-b:2.8.0"],
    ["time, in a unit that is not of energy", "1-b:1.8.0", "01-00:00.08.06.FF"],
    ["another quantity", "1-b:1.8.0", "1-b:1.9.0"],
    ["mains energy", "01-00:B3.08.00*FF", "01-00:B2.08.00*FF"],
    ["total mains energy", "01-00:B3.08.00*FF", "01-00:B0.08.00*FF"],
    ["total mains energy", "01-00:B1.08.00*FF", "01-00:B0.08.00*FF"],
    ["total energy at the vehicle", "01-00:B2.08.00*FF", "01-00:B1.08.00*FF"],
    ["total energy", "01-00:B2.08.00*FF", "01-00:B0.08.00*FF"],
    ["total energy", "01-00:98.08.00.FF", "01-00:01.08.00.FF"],
    ["total energy", "1-0:1.8.0*198", "1-0:1.8.0*255"],
    ["one tariff", "1-0:1.8.0", "1-0:1.8.1"],
    ["a past billing period", "1-0:1.8.0", "1-0:1.8.0*01"],
  ];
  for (const [what, billed, other] of registers) {
    it(`bills ${billed} and not ${what} (${other}), whichever comes first`, () => {
      const unit = other.endsWith("06.FF") ? { RU: '"sec"' } : {};
      const first = [on(billed, beginReading), { ...on(other, beginReading, "0"), ...unit }];
      const last = [on(billed, endReading), { ...on(other, endReading, "99"), ...unit }];
      for (const readings of [
        [...first, ...last],
        [...first.toReversed(), ...last.toReversed()],
      ]) {
        const content = read({}, readings);
        expect(content.begin?.register).to.equal(billed);
        expect(content.energyWh).to.deep.equal({ unscaled: 12_345n, scale: 0 });
      }
    });
  }
});
