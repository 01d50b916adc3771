import { expect } from "chai";

import { judgeFreshness, type SignedEvidence } from "../../../../services/domain/charging/signed-evidence.ts";
import { messageKeyOf } from "../../../../services/domain/charging/natural-key.ts";
import { describeRecord } from "../../../../services/evidence/describe-record.ts";
import { recordIdentity } from "../../../../services/evidence/formats/ocmf/record-identity.ts";
import { bytesOf, payloadText, recordOf, testKey, verifier } from "../../../helpers/ocmf.ts";
import {
  acceptedRecord,
  assess,
  sample16,
  signedEvidence,
  start16,
  stop16,
  summaryOf,
} from "../../../helpers/station-messages.ts";

const sessionIdTag = "ABCDEFGHIJKLMNOPQRST";
const transaction = [start16(0, 1_000), sample16(30, { value: "1050" }), stop16(60, 1_100)];
const bySigned = (evidence: SignedEvidence, messages = transaction) =>
  assess(messages, { signed: evidence, sessionIdTag });
const suspicious = (...codes: string[]) => ({
  grade: "plausible-unsigned",
  energyWh: "100",
  reasons: ["UNSIGNED", ...codes],
  flags: [],
});

describe("failure mode 11: signed values", function () {
  describe("that do not hold", function () {
    it("make the energy unsigned and suspicious if the signature is wrong", function () {
      const evidence: SignedEvidence = {
        records: [{ ...acceptedRecord, verdict: "refused", identification: null }],
        judgement: { kind: "nothing" },
      };
      expect(summaryOf(bySigned(evidence))).to.deep.equal(suspicious("SIGNED_VALUE_INVALID"));
    });
    it("make it suspicious if they name another user, another meter or another time", function () {
      const cases = [
        [{ identification: "EEFF" }, 60, "SIGNED_ID_MISMATCH"],
        [{ isExpectedMeter: false }, 60, "SIGNED_METER_MISMATCH"],
        [{ freshness: "stale" }, 60, "SIGNED_PAGINATION_STALE"],
        [{}, 60 + 301, "SIGNED_TIME_OUTSIDE"],
      ] as const;
      for (const [record, endSeconds, code] of cases) {
        expect(summaryOf(bySigned(signedEvidence(100_000_000n, endSeconds, record))), code).to.deep.equal(
          suspicious(code),
        );
      }
    });
    it("make it suspicious if they cannot be taken out of the message", function () {
      const value = JSON.stringify({ signedMeterData: "neither base64 nor a record", encodingMethod: "OCMF" });
      const messages = [start16(0, 1_000), sample16(30, { value, format: "SignedData" }), stop16(60, 1_100)];
      expect(summaryOf(assess(messages))).to.deep.equal({
        ...suspicious("SIGNED_VALUE_UNREADABLE"),
      });
    });
    it("leave it unsigned, and not suspicious, if nobody can judge them", function () {
      const evidence: SignedEvidence = {
        records: [{ ...acceptedRecord, verdict: "unsupported", identification: null }],
        judgement: { kind: "nothing" },
      };
      const expected = { ...suspicious(), flags: ["SIGNED_VALUE_UNSUPPORTED"] };
      expect(summaryOf(bySigned(evidence))).to.deep.equal(expected);
    });
    it("leave it unsigned if they prove the begin alone", function () {
      const evidence: SignedEvidence = { records: [acceptedRecord], judgement: { kind: "begun" } };
      expect(summaryOf(bySigned(evidence)).flags).to.deep.equal(["SIGNED_VALUE_INCOMPLETE"]);
    });
  });

  describe("in doubt", function () {
    const doubted = (...codes: string[]) => ({ grade: "disputed", energyWh: "100", reasons: codes, flags: [] });
    it("dispute the session if they count in another", function () {
      const evidence = signedEvidence(100_000_000n, 60, { freshness: "replayed", identification: sessionIdTag });
      expect(summaryOf(bySigned(evidence))).to.deep.equal(doubted("SIGNED_RECORD_REPLAYED"));
    });
    it("dispute it if the records contradict each other", function () {
      const judgement = { kind: "disputed", reason: "OCMF_SESSION_PAGINATION_GAP", isFinal: false } as const;
      expect(summaryOf(bySigned({ records: [acceptedRecord], judgement }))).to.deep.equal(
        doubted("SIGNED_RECORDS_CONTRADICT"),
      );
    });
    it("dispute it if no station of this power can have delivered them", function () {
      expect(summaryOf(bySigned(signedEvidence(910_000_000_000n, 60)))).to.deep.equal(doubted("SIGNED_IMPLAUSIBLE"));
    });
    it("dispute it if the end is below the begin", function () {
      const evidence = signedEvidence(0n, 60);
      if (evidence.judgement.kind !== "complete") throw new Error("incomplete");
      const begin = { ...evidence.judgement.begin, floorMicroWh: 5_000_000n, ceilingMicroWh: 5_000_000n };
      const judgement = { ...evidence.judgement, begin };
      expect(bySigned({ ...evidence, judgement }).reasons).to.deep.equal(["SIGNED_RECORDS_CONTRADICT"]);
    });
  });

  describe("that hold", function () {
    it("beat unsigned values, and a difference beyond a quantum is shown", function () {
      expect(summaryOf(bySigned(signedEvidence(101_000_001n, 60)))).to.deep.equal({
        grade: "meter-signed",
        energyWh: "101.000001",
        reasons: ["SIGNED"],
        flags: ["UNSIGNED_DIFFERS"],
      });
    });
    it("agree with unsigned values that differ by one quantum", function () {
      expect(bySigned(signedEvidence(101_000_000n, 60)).flags).to.deep.equal([]);
      expect(bySigned(signedEvidence(99_000_000n, 60)).flags).to.deep.equal([]);
    });
    it("are bound if they carry the session's own idTag, in letters of either size", function () {
      const evidence = signedEvidence(100_000_000n, 60, { identification: sessionIdTag.toLowerCase() });
      expect(summaryOf(bySigned(evidence))).to.deep.equal({
        grade: "meter-signed-bound",
        energyWh: "100",
        reasons: ["SIGNED_AND_BOUND"],
        flags: [],
      });
    });
    it("are not bound by a card, by nobody, or by an ID that the meter calls unassigned", function () {
      const records = [{}, { identification: null }, { identification: sessionIdTag, isAssigned: false }];
      for (const record of records) {
        expect(bySigned(signedEvidence(100_000_000n, 60, record)).grade).to.equal("meter-signed");
      }
    });
    it("stand although bound records are late or their clock is wrong, and it is shown", function () {
      const bound = { identification: sessionIdTag };
      expect(bySigned(signedEvidence(100_000_000n, 60, { ...bound, freshness: "stale" })).grade).to.equal(
        "meter-signed-bound",
      );
      const skewed = bySigned(signedEvidence(100_000_000n, 60 + 301, bound));
      expect([skewed.grade, skewed.flags]).to.deep.equal(["meter-signed-bound", ["SIGNED_TIME_OUTSIDE"]]);
    });
    it("overrule a reset, a leap, a unit and a second stop of unsigned values", function () {
      const messages = [
        start16(0, 1_000),
        sample16(20, { value: "1030" }),
        sample16(30, { value: "0" }),
        sample16(40, { value: "300000" }),
        sample16(50, { value: "300020" }),
        stop16(60, 45),
        stop16(60, 46),
      ];
      const assessment = bySigned(signedEvidence(100_000_000n, 60), messages);
      expect(summaryOf(assessment)).to.deep.equal({
        grade: "meter-signed",
        energyWh: "100",
        reasons: ["SIGNED"],
        flags: ["REGISTER_RESET", "STEP_IMPLAUSIBLE", "STOP_CONTRADICTED", "UNSIGNED_DIFFERS"],
      });
      expect(assessment.claimedEnergyWh).to.equal("-955");
    });
    it("show that the unsigned register has its unit wrong", function () {
      const messages = [start16(0, 0), sample16(60, { value: "100", unit: "kWh" }), stop16(61, 100)];
      expect(bySigned(signedEvidence(100_000_000n, 60), messages).flags).to.include("UNIT_FAULT");
    });
    it("show that the key that came along is not the registered one", function () {
      const evidence = signedEvidence(100_000_000n, 60, { enclosedKey: "different" });
      expect(summaryOf(bySigned(evidence)).flags).to.deep.equal(["ENCLOSED_KEY_DIFFERS"]);
    });
    it("may follow the time that a relative or unknown clock tells, which says nothing of when", function () {
      const evidence = signedEvidence(100_000_000n, 60);
      if (evidence.judgement.kind !== "complete") throw new Error("incomplete");
      const { begin, end } = evidence.judgement;
      for (const timeQuality of ["U", "R", null] as const) {
        const at1970 = (point: typeof begin) => ({ ...point, epochMs: point.epochMs % 86_400_000, timeQuality });
        const judgement = { ...evidence.judgement, begin: at1970(begin), end: at1970(end) };
        expect(bySigned({ ...evidence, judgement }).grade).to.equal("meter-signed");
      }
    });
  });

  describe("and their pagination", function () {
    const record = { sessionId: "0x1", paginationNumber: 99n };
    it("pass once: a constant number is a replay in every later session", function () {
      expect(judgeFreshness(record, null, null)).to.equal("fresh");
      expect(judgeFreshness(record, "0x1", 99n)).to.equal("stale");
      expect(judgeFreshness(record, "0x2", 99n)).to.equal("replayed");
    });
    it("are stale at or below what counted before", function () {
      expect(judgeFreshness(record, null, 100n)).to.equal("stale");
      expect(judgeFreshness(record, null, 99n)).to.equal("stale");
      expect(judgeFreshness(record, null, 98n)).to.equal("fresh");
    });
  });

  describe("described for the rules", function () {
    const key = testKey("secp256r1");
    const other = testKey("secp256k1");
    const circumstances = {
      registeredKey: key.publicKey,
      enclosedKey: null,
      isExpectedMeter: (serial: string) => serial === "M1",
      freshness: "fresh" as const,
    };
    it("say nothing of a record that is refused", function () {
      const verdict = verifier.verifyRecord(recordOf(payloadText(), other), key.publicKey);
      expect(describeRecord(verdict, circumstances)).to.deep.equal({
        verdict: "refused",
        identification: null,
        isAssigned: null,
        isExpectedMeter: null,
        hasCounter: true,
        enclosedKey: null,
        freshness: "fresh",
      });
    });
    it("compare the enclosed key in its forms, and never use it", function () {
      const verdict = verifier.verifyRecord(recordOf(payloadText(), key), key.publicKey);
      const compared = (enclosedKey: string) => describeRecord(verdict, { ...circumstances, enclosedKey }).enclosedKey;
      expect(compared(`oca:base16:asn1:${key.spkiHex}`)).to.equal("same");
      expect(compared(`oca:base64:asn1:${Buffer.from(key.spkiHex, "hex").toString("base64")}`)).to.equal("same");
      expect(compared(key.spkiHex)).to.equal("same");
      expect(compared(other.spkiHex)).to.equal("different");
      expect(compared("a key")).to.equal("unreadable");
      expect(describeRecord(verdict, circumstances)).to.deep.equal({ ...acceptedRecord, enclosedKey: null });
    });
  });
});

describe("failure mode 18: two inputs for one charger", function () {
  it("gives a record one identity, whether it came through OCPP or by itself", function () {
    const key = testKey("secp256r1");
    const record = recordOf(payloadText(), key);
    const value = JSON.stringify({ signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF" });
    const [container] = sample16(30, { value, format: "SignedData" }).signed;
    expect(container?.record).to.deep.equal(Uint8Array.from(record));
    const [plain] = sample16(30, { value: new TextDecoder().decode(record) }).signed;
    const identities = [record, container?.record, plain?.record].map((bytes) => {
      const verdict = verifier.verifyRecord(bytes ?? bytesOf(""), key.publicKey);
      return verdict.verdict === "accepted" ? recordIdentity(verdict.key, verdict.pagination) : verdict.reason;
    });
    expect(new Set(identities).size).to.equal(1);
  });
  it("names two messages with one record alike only if they say the same", function () {
    const [first, second] = [stop16(60, 1), stop16(60, 1, { transactionData: [] })];
    expect(messageKeyOf(first)).to.equal(messageKeyOf(second));
    expect(messageKeyOf(stop16(60, 2))).to.not.equal(messageKeyOf(first));
  });
});
