import { expect } from "chai";
import fc from "fast-check";

import { createSessionReadings } from "../../../services/evidence/session-readings.ts";
import type { EvidenceRecord } from "../../../services/store/store.ts";
import { recordLimits } from "../../../services/evidence/formats/ocmf/limits.ts";
import type { VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { createOcmfFormat } from "../../../services/evidence/formats/ocmf/ocmf-format.ts";
import { createRecordVerifier, type RecordVerifier } from "../../../services/evidence/verify-record.ts";
import { judgeRecords } from "../../../services/evidence/session-judge.ts";
import { recordOf, testKey, verifier } from "../../helpers/ocmf.ts";
import { meter, record, rowOf } from "../../helpers/session-records.ts";

/** A session's records in memory, and what was asked of them. */
function world(isKept = true) {
  const rows = new Map<string, EvidenceRecord>();
  const asked = { verified: 0, allRecords: 0 };
  const inOrder = () =>
    [...rows.values()].sort((left, right) => Number(left.paginationNumber - right.paginationNumber));
  const counting: Pick<RecordVerifier, "verify"> = {
    verify(bytes, of) {
      asked.verified += 1;
      return createRecordVerifier(() => createOcmfFormat(verifier)).verify(bytes, of);
    },
  };
  const readings = createSessionReadings({
    verifier: counting,
    store: {
      listRecords: () => {
        asked.allRecords += 1;
        return Promise.resolve(inOrder());
      },
      listBoundaryRecords: () => Promise.resolve(inOrder().filter(({ isBoundary }) => isBoundary)),
      readRecordRange: () => {
        const numbers = inOrder().map(({ paginationNumber }) => paginationNumber);
        const [leastNumber] = numbers;
        const greatestNumber = numbers.at(-1);
        if (leastNumber === undefined || greatestNumber === undefined) return Promise.resolve(null);
        return Promise.resolve({ count: numbers.length, leastNumber, greatestNumber, areAllBound: true });
      },
      keepReading: (identity, kept) => {
        const row = rows.get(identity);
        if (row !== undefined) rows.set(identity, { ...row, ...kept });
        return Promise.resolve();
      },
    },
  });
  const add = (verified: VerifiedRecord) => {
    const row = rowOf(verified, isKept);
    rows.set(row.recordIdentity, row);
  };
  const judge = (added: VerifiedRecord, sequence = rows.size) =>
    readings.judgeWith({ sessionId: "0x01", sequence, meter }, added);
  return { rows, asked, readings, add, judge };
}

const begin = record(1, { TX: "B", RV: "100.000" });
const between = [2, 3, 4, 5].map((number) => record(number, { TX: "C", RV: `10${number}.000` }));
const end = record(6, { TX: "E", RV: "112.345" });
const covering = record(7, { TX: "B", RV: "100.000" }, { TX: "E", RV: "112.345" });

describe("The readings of a session", function () {
  it("refuse a record beyond the limit, unless it covers the session", async function () {
    const { rows, judge } = world();
    for (let number = 0; number < recordLimits.sessionRecords; number += 1) {
      const row = rowOf(between[0] ?? begin, true);
      rows.set(`row ${number}`, { ...row, paginationNumber: BigInt(number) });
    }
    const refusal = await judge(end, recordLimits.sessionRecords).catch((error: unknown) => error);
    expect(refusal).to.have.property("code", "OCMF_SESSION_TOO_LONG");
    expect((await judge(covering, recordLimits.sessionRecords)).kind).to.equal("complete");
  });

  it("refuse a record of the store that no longer verifies", async function () {
    const { rows, readings } = world(false);
    const row = { ...rowOf(begin, false), record: recordOf(begin.payload, testKey("secp256k1")) };
    rows.set(row.recordIdentity, row);
    const refusal = await readings.read(row, meter).catch((error: unknown) => error);
    expect(refusal).to.have.property("code", "STORE_CORRUPT");
  });

  it("are judged without a signature check of what came before", async function () {
    const { asked, add, judge } = world();
    for (const verified of [begin, ...between]) add(verified);
    const judgement = await judge(end);
    expect(judgement).to.include({ kind: "complete", energyWh: "12345" });
    expect(asked.verified).to.equal(0);
  });

  it("are not looked through before the session has a begin and an end", async function () {
    const { asked, add, judge } = world();
    for (const verified of [begin, ...between]) {
      expect((await judge(verified)).kind).to.equal("begun");
      add(verified);
    }
    expect(asked.allRecords).to.equal(0);
  });

  it("of an older store are verified once, and kept", async function () {
    const { rows, asked, add, judge } = world(false);
    for (const verified of [begin, ...between]) add(verified);
    expect((await judge(end)).kind).to.equal("complete");
    expect((await judge(end)).kind).to.equal("complete");
    expect(asked.verified).to.equal(5);
    expect([...rows.values()].map(({ isBoundary }) => isBoundary)).to.deep.equal([true, false, false, false, false]);
  });

  it("give in every order of arrival what they give together", async function () {
    const all = [begin, ...between, end];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(all, { minLength: 1 }), fc.boolean(), async (order, hasCovering) => {
        const { add, judge } = world();
        const arrivals = hasCovering ? [...order, covering] : order;
        let last = await judge(arrivals[0] ?? begin);
        for (const verified of arrivals) {
          last = await judge(verified);
          add(verified);
        }
        expect(last).to.deep.equal(judgeRecords(arrivals));
      }),
      { numRuns: 200 },
    );
  });
});
