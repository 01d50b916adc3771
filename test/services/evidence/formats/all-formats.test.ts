import { expect } from "chai";

import { evidenceOf } from "../../../../scripts/operator/export/evidence.ts";
import { checkSignedData } from "../../../../scripts/verify/cdr/check-signed-data.ts";
import { cdrSchema } from "../../../../scripts/verify/cdr/cdr-schema.ts";
import { formatDecimal } from "../../../../services/domain/decimal.ts";
import {
  createRecordJudge,
  encodingMethodOf,
  formatOfRecord,
} from "../../../../services/evidence/formats/all-formats.ts";
import { factsOf } from "../../../../services/evidence/formats/maker-facts.ts";
import { nodeCryptography } from "../../../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { PublicKey, VerifiedRecord } from "../../../../services/evidence/formats/ocmf/types.ts";
import { createSupportedFormats } from "../../../../services/evidence/formats/supported-formats.ts";
import { nobleCryptography } from "../../../../services/web/page/receipt/noble-cryptography.ts";
import { beginReading, endReading, payloadText, recordOf, testKey } from "../../../helpers/ocmf.ts";
import { createMeter, edlSample, safeXml, type SignedSample } from "../../../../scripts/simulator/formats/block.ts";
import { recordOfSample, signedFor, signedSamples } from "../../../../scripts/simulator/formats/signed-samples.ts";
import { edlParts, smlOf } from "../../../../scripts/simulator/formats/sml.ts";

const judge = createRecordJudge({ cryptography: nodeCryptography });
const tag = "ABCDEFGHIJKLMNOPQRST";
const keyOf = ({ curve, point }: Pick<SignedSample, "curve" | "point">): PublicKey => ({
  curve,
  x: BigInt(`0x${point.slice(0, point.length / 2)}`),
  y: BigInt(`0x${point.slice(point.length / 2)}`),
});
const accepted = (record: Uint8Array, key: PublicKey): VerifiedRecord => {
  const verdict = judge.verifyRecord(record, key);
  if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
  return verdict;
};

/** OCPI's names, written down here a second time. */
const methods: Readonly<Record<string, string>> = {
  EDL40: "EDL40 E-Mobility Extension",
  ALFEN: "Alfen Eichrecht",
  Mennekes: "EDL40 Mennekes",
};

describe("Records of every format, by one interface", () => {
  for (const sample of signedFor(signedSamples(), tag)) {
    const record = recordOfSample(sample);
    const key = keyOf(sample);

    describe(sample.name, () => {
      it("give the same verdict with OpenSSL and in the browser", () => {
        const verdict = accepted(record, key);
        expect(createRecordJudge({ cryptography: nobleCryptography }).verifyRecord(record, key)).to.deep.equal(verdict);
        expect(verdict.energyWh === null ? null : formatDecimal(verdict.energyWh)).to.equal(sample.energyWh);
        expect([verdict.begin?.transaction, verdict.end?.transaction]).to.deep.equal(["B", "E"]);
      });

      it("say of whom they are without being verified, and by whom they were signed only if they were", () => {
        const format = createSupportedFormats()(record);
        const identification = sample.format === "PTB container" ? null : tag;
        expect(format.readIdentification(record)).to.deep.equal({ identification });
        expect(format.verify(record, key).verdict).to.equal("accepted");
        const other = signedSamples().find(({ name }) => name === sample.name) ?? sample;
        const refused = judge.verifyRecord(record, keyOf(other));
        expect(refused).to.deep.include({ verdict: "refused", reason: "SIGNED_VALUE_SIGNATURE_MISMATCH" });
        expect(judge.verifyRecord(record, { ...keyOf(sample), curve: "secp384r1" })).to.deep.include({
          verdict: "refused",
        });
      });

      it("have an identity that no wrapping changes, and that another value has not", () => {
        const { pagination, payloadSha256 } = accepted(record, key);
        const wrapped = Buffer.from(JSON.stringify({ signedMeterData: Buffer.from(record).toString("base64") }));
        expect(accepted(wrapped, key)).to.deep.include({ pagination, payloadSha256 });
        const hasCounter = !["PTB container", "ChargePoint"].includes(sample.format);
        expect(pagination.context).to.equal(hasCounter ? "T" : "H");
      });

      it("are exported under OCPI's name with the key in base64, and verify:cdr accepts them", () => {
        const evidence = evidenceOf([record], { curve: sample.curve, publicKey: `0x${sample.point}` });
        expect(evidence.encodingMethod).to.equal(methods[sample.format] ?? sample.format);
        expect([encodingMethodOf(record), formatOfRecord(record)]).to.deep.equal([
          evidence.encodingMethod,
          sample.format,
        ]);
        expect(evidence.unverified).to.equal(0);
        const signed = {
          encoding_method: evidence.encodingMethod,
          public_key: evidence.publicKey,
          signed_values: evidence.records.map(({ nature, plain }) => ({
            nature,
            plain_data: plain,
            signed_data: Buffer.from(record).toString("base64"),
          })),
        };
        const cdr = cdrSchema.parse({ ...cdrWithout(sample.energyWh), signed_data: signed });
        expect(checkSignedData(cdr, judge).reasons).to.deep.equal([]);
        const unknown = { ...cdr, signed_data: { ...signed, encoding_method: "Something" } };
        expect(checkSignedData(cdrSchema.parse(unknown), judge).reasons).to.deep.equal([
          { code: "CDR_SIGNED_FORMAT_UNSUPPORTED", where: "signed_data.encoding_method" },
        ]);
      });
    });
  }

  it("are of OCMF as before", () => {
    const key = testKey("secp256r1");
    const record = recordOf(payloadText(), key);
    expect(judge.verifyRecord(record, key.publicKey)).to.deep.include({ verdict: "accepted" });
    expect([formatOfRecord(record), encodingMethodOf(Buffer.from("hello"))]).to.deep.equal(["OCMF", "OCMF"]);
    expect(judge.verifyRecord(Buffer.from("hello"), key.publicKey)).to.deep.include({ reason: "OCMF_HEADER_INVALID" });
    expect(judge.verifySession([{ record, publicKey: key.publicKey }])).to.deep.include({ verdict: "accepted" });
  });

  it("are neither begin nor end where nobody says which", () => {
    const meter = createMeter("prime192v1");
    const bare = smlOf(edlParts(meter, edlSample()));
    expect(accepted(bare, keyOf(meter))).to.deep.include({ begin: null, end: null, energyWh: null });
    const told = safeXml([{ data: bare.toString("hex"), key: "", context: "Transaction.End" }]);
    expect(accepted(told, keyOf(meter)).end?.transaction).to.equal("E");
  });

  it("are refused with values of several sessions", () => {
    const meter = createMeter("prime192v1");
    const data = smlOf(edlParts(meter, edlSample())).toString("hex");
    const several = [1, 2].map((id) => `<value transactionId="${id}"><signedData>${data}</signedData></value>`);
    expect(judge.verifyRecord(Buffer.from(`<values>${several.join("")}</values>`), keyOf(meter))).to.deep.include({
      verdict: "refused",
      reason: "SIGNED_VALUE_SESSIONS_SEVERAL",
    });
  });
});

describe("Meters that number every record alike", () => {
  const key = testKey("secp384r1");
  const recordWith = (header: Readonly<Record<string, string>>, end: string | null): Uint8Array =>
    recordOf(
      payloadText(header, [{ ...beginReading, RV: "1" }, ...(end === null ? [] : [{ ...endReading, RV: end }])]),
      key,
      { SA: '"ECDSA-secp384r1-SHA256"' },
    );
  const paginationOf = (record: Uint8Array) => {
    const verdict = createSupportedFormats()(record).verify(record, key.publicKey);
    return verdict.verdict === "accepted" ? verdict.pagination : verdict.reason;
  };

  it("are known by what they sign, where a record holds begin and end", () => {
    const zaptec = { GI: '"Zaptec Pro MID"', PG: '"T1"' };
    const [first, second] = [recordWith(zaptec, "2"), recordWith(zaptec, "3")].map(paginationOf);
    expect(first).to.have.property("context", "H");
    expect(first).to.not.deep.equal(second);
    expect(paginationOf(recordWith(zaptec, "2"))).to.deep.equal(first);
    expect(paginationOf(recordWith(zaptec, null))).to.deep.equal({ context: "T", number: 1n });
    expect(paginationOf(recordWith({ ...zaptec, PG: '"T2"' }, "2"))).to.deep.equal({ context: "T", number: 2n });
    expect(paginationOf(recordWith({ GI: '"Other"', PG: '"T1"' }, "2"))).to.deep.equal({ context: "T", number: 1n });
  });

  it("are told of, with the other facts that decide money, by a record of theirs", () => {
    const record = recordWith({ GI: '"Zaptec Pro MID"', PG: '"T1"', IS: "false" }, "2");
    const verdict = accepted(record, key.publicKey);
    const names = factsOf(verdict, "OCMF").map(({ name }) => name);
    expect(names).to.deep.equal(["CONSTANT_PAGINATION", "IDENTIFICATION_UNSIGNED"]);
    expect(
      factsOf(accepted(recordOf(payloadText(), testKey("secp256r1")), testKey("secp256r1").publicKey), "OCMF"),
    ).to.deep.equal([]);
    const facts = signedFor(signedSamples(), tag).map((sample) => [
      sample.name,
      factsOf(accepted(recordOfSample(sample), keyOf(sample)), sample.format).map(({ name }) => name),
    ]);
    expect(Object.fromEntries(facts)).to.deep.equal({
      EDL40: ["BOUNDARY_UNSIGNED"],
      "EDL40 with compensation": ["BOUNDARY_UNSIGNED"],
      signedMeterValue: ["BOUNDARY_UNSIGNED"],
      "ISA-EDL40P": ["BOUNDARY_UNSIGNED"],
      Mennekes: ["BOUNDARY_UNSIGNED"],
      ALFEN: ["BOUNDARY_UNSIGNED"],
      PCDF: ["REGISTER_STARTS_OVER"],
      chargeIT: ["BOUNDARY_UNSIGNED"],
      "BSM-WS36A": ["PREFIXED_IDENTIFICATION", "REGISTER_STARTS_OVER"],
      "PTB container": ["COUNTER_UNSIGNED", "IDENTIFICATION_UNSIGNED"],
      ChargePoint: ["TIME_UNSIGNED", "COUNTER_UNSIGNED"],
    });
  });
});

/** A charge detail record of the day on which the samples were signed, with this energy. */
function cdrWithout(energyWh: string): Readonly<Record<string, unknown>> {
  return {
    country_code: "DE",
    party_id: "WTP",
    id: "C1",
    start_date_time: "2026-01-01T00:00:00Z",
    end_date_time: "2026-12-31T00:00:00Z",
    session_id: tag,
    cdr_token: { country_code: "DE", party_id: "WTP", uid: tag, type: "APP_USER", contract_id: tag },
    auth_method: "AUTH_REQUEST",
    cdr_location: {},
    currency: "EUR",
    charging_periods: [{ start_date_time: "2026-01-01T00:00:00Z", dimensions: [{ type: "ENERGY", volume: 1 }] }],
    total_cost: { excl_vat: 0 },
    total_energy: Number(energyWh) / 1_000,
    total_time: 0,
    last_updated: "2026-12-31T00:00:00Z",
  };
}
