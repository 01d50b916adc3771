import { expect } from "chai";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { formatDecimal } from "../../../../../services/domain/decimal.ts";
import { recordLimits } from "../../../../../services/evidence/formats/ocmf/limits.ts";
import { encodePoint } from "../../../../../services/evidence/formats/ocmf/public-key.ts";
import type { RecordInput } from "../../../../../services/evidence/formats/ocmf/types.ts";
import {
  beginReading,
  createTestKey,
  endReading,
  payloadText,
  recordOf,
  testKey,
  verifier,
  type RawMembers,
  type TestKey,
} from "../../../../helpers/ocmf.ts";

const middleReading: RawMembers = { ...beginReading, TX: '"C"', RV: "105" };

function input(
  readings: readonly RawMembers[],
  pagination: number,
  header: RawMembers = {},
  key: TestKey = testKey("secp256r1"),
): RecordInput {
  const payload = payloadText({ PG: `"T${pagination}"`, ...header }, readings);
  return { record: recordOf(payload, key), publicKey: key.spkiHex };
}

const begin = input([beginReading], 7);
const end = input([endReading], 8);
const complete = input([beginReading, endReading], 9);

function refuses(what: string, records: readonly RecordInput[], reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expect(verifier.verifySession(records)).to.include({ verdict: "refused", reason });
  });
}

function accepts(
  what: string,
  records: readonly RecordInput[],
  energyWh: string,
  paginations: readonly bigint[],
): void {
  it(`accepts ${what}`, () => {
    const verdict = verifier.verifySession(records);
    if (verdict.verdict !== "accepted") throw new Error(`${verdict.reason}: ${verdict.detail}`);
    expect(formatDecimal(verdict.energyWh)).to.equal(energyWh);
    expect(verdict.records.map((record) => record.pagination.number)).to.deep.equal(paginations);
  });
}

describe("Session of OCMF records", () => {
  refuses("no records", [], "OCMF_SESSION_EMPTY");
  it("refuses more records than the limit, without verifying them all", () => {
    const records = new Array<RecordInput>(10 * recordLimits.sessionRecords).fill({ ...begin, publicKey: null });
    expect(verifier.verifySession(records)).to.include({ verdict: "refused", reason: "OCMF_SESSION_TOO_LONG" });
  });
  refuses(
    "a record that is refused by itself, with its reason",
    [begin, { ...end, publicKey: null }],
    "OCMF_KEY_MISSING",
  );
  it("answers that a session is not supported where one of its records is not", () => {
    const record = recordOf(payloadText({ PG: '"T8"' }, [endReading]), testKey("secp256r1"), {
      SA: '"ECDSA-secp521r1-SHA256"',
    });
    const verdict = verifier.verifySession([begin, { ...end, record }]);
    expect(verdict).to.include({ verdict: "unsupported", reason: "OCMF_CURVE_UNSUPPORTED" });
    expect(verdict)
      .to.have.property("detail")
      .that.matches(/^record 2: /);
  });
  refuses("a fiscal record", [begin, input([endReading], 8, { PG: '"F8"' })], "OCMF_FISCAL_RECORD");
  refuses(
    "records of two keys with the same serial",
    [begin, input([endReading], 8, {}, createTestKey("secp256r1"))],
    "OCMF_SESSION_KEY_MISMATCH",
  );
  refuses("records of two meters", [begin, input([endReading], 8, { MS: '"M2"' })], "OCMF_SESSION_METER_MISMATCH");
  refuses(
    "a record without the meter of the other",
    [begin, input([endReading], 8, { MS: undefined })],
    "OCMF_SESSION_METER_MISMATCH",
  );
  refuses("records of two gateways", [begin, input([endReading], 8, { GS: '"G2"' })], "OCMF_SESSION_METER_MISMATCH");
  refuses(
    "records of two users",
    [begin, input([endReading], 8, { ID: '"DDCCBBAA"' })],
    "OCMF_SESSION_IDENTIFICATION_MISMATCH",
  );
  refuses(
    "a record without the user of the other",
    [begin, input([endReading], 8, { ID: undefined })],
    "OCMF_SESSION_IDENTIFICATION_MISMATCH",
  );
  refuses("a begin in place of the end", [begin, begin], "OCMF_SESSION_REPLAY");
  refuses("an end in place of the begin", [end, end], "OCMF_SESSION_REPLAY");
  refuses("a pair twice", [begin, end, begin, end], "OCMF_SESSION_REPLAY");
  refuses("a complete record twice", [complete, complete], "OCMF_SESSION_REPLAY");
  refuses("another content under the same pagination", [begin, input([endReading], 7)], "OCMF_SESSION_REPLAY");
  refuses("a missing record in between", [begin, input([endReading], 9)], "OCMF_SESSION_PAGINATION_GAP");
  refuses("a begin alone", [begin], "OCMF_SESSION_END_MISSING");
  refuses("an end alone", [end], "OCMF_SESSION_BEGIN_MISSING");
  refuses("a record in between alone", [input([middleReading], 8)], "OCMF_SESSION_BEGIN_MISSING");
  refuses("two begins", [begin, input([beginReading], 8), input([endReading], 9)], "OCMF_SESSION_BEGIN_REPEATED");
  refuses("two ends", [begin, end, input([endReading], 9)], "OCMF_SESSION_END_REPEATED");
  refuses("two complete records", [complete, input([beginReading, endReading], 10)], "OCMF_SESSION_BEGIN_REPEATED");
  refuses("a begin with a complete record", [input([beginReading], 8), complete], "OCMF_SESSION_BEGIN_REPEATED");
  refuses("an end that was signed before the begin", [input([endReading], 6), begin], "OCMF_SESSION_ORDER");
  refuses("a record before the begin", [input([middleReading], 6), begin, end], "OCMF_SESSION_ORDER");
  refuses("a record after the end", [begin, end, input([middleReading], 9)], "OCMF_SESSION_ORDER");
  refuses("a record after a complete one", [complete, input([middleReading], 10)], "OCMF_SESSION_ORDER");
  refuses(
    "begin and end of different registers",
    [begin, input([{ ...endReading, RI: '"1-b:1.8.1"' }], 8)],
    "OCMF_REGISTER_MISMATCH",
  );
  refuses(
    "an end of export",
    [begin, input([{ ...endReading, RI: '"1-b:2.8.0"' }], 8)],
    "OCMF_IMPORT_REGISTER_MISSING",
  );
  refuses("an end below the begin", [begin, input([{ ...endReading, RV: "99" }], 8)], "OCMF_ENERGY_NEGATIVE");
  refuses(
    "an end below the begin, delivered first",
    [input([{ ...endReading, RV: "99" }], 8), begin],
    "OCMF_ENERGY_NEGATIVE",
  );
  refuses(
    "an end before the begin in time",
    [begin, input([{ ...endReading, TM: '"2026-03-01T09:00:00,000+0100 S"' }], 8)],
    "OCMF_TIME_REVERSED",
  );
  refuses(
    "a value in between above the end",
    [begin, input([{ ...middleReading, RV: "113" }], 8), input([endReading], 9)],
    "OCMF_VALUE_DECREASING",
  );

  accepts("one complete record", [complete], "12345", [9n]);
  accepts("begin and end in two records", [begin, end], "12345", [7n, 8n]);
  accepts("begin and end that were delivered in the wrong order", [end, begin], "12345", [7n, 8n]);
  accepts(
    "every record in between, in any order",
    [input([endReading], 10), input([middleReading], 8), begin, input([{ ...middleReading, TX: '"T"' }], 9)],
    "12345",
    [7n, 8n, 9n, 10n],
  );
  accepts(
    "paginations beyond the integers of a double",
    [input([beginReading], 0, { PG: '"T9007199254740992"' }), input([endReading], 0, { PG: '"T9007199254740993"' })],
    "12345",
    [9_007_199_254_740_992n, 9_007_199_254_740_993n],
  );
  accepts(
    "a begin in Wh and an end in kWh",
    [input([{ ...beginReading, RU: '"Wh"', RV: "100000" }], 7), end],
    "12345",
    [7n, 8n],
  );
  accepts(
    "the same key in two forms",
    [begin, { ...end, publicKey: Buffer.from(encodePoint(testKey("secp256r1").publicKey)).toString("hex") }],
    "12345",
    [7n, 8n],
  );
  accepts(
    "records without any serial",
    [
      input([beginReading], 7, { MS: undefined, GS: undefined }),
      input([endReading], 8, { MS: undefined, GS: undefined }),
    ],
    "12345",
    [7n, 8n],
  );
});
