import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { isSameIdTag, normalizeIdTag } from "../../../services/domain/id-tag.ts";
import { payloadText, recordOf, testKey, verifier } from "../../helpers/ocmf.ts";

const folder = "../shared/formats";
const key = testKey("secp256r1");

describe("Signed values that are no records of OCMF", () => {
  const judge = (bytes: Uint8Array | string): readonly [string, string | null] => {
    const verdict = verifier.verifyRecord(Buffer.from(bytes), key.spkiHex);
    return [verdict.verdict, "reason" in verdict ? verdict.reason : null];
  };

  it("are unsupported where their framing is known, and refused where it is not", () => {
    const alfen = "AP;0;3;AJB42AIR7NC5W5MC;BIHEIWSHAAA2WZUS====;X736PV2AD3IVH5LQ===;";
    for (const content of [
      alfen,
      `${alfen}\r\n`,
      `<values><value><signedData format="ALFEN">${alfen}</signedData></value></values>`,
      `1b1b1b1b01010101${"00".repeat(40)}`,
      Buffer.from(`1b1b1b1b01010101${"00".repeat(40)}`, "hex"),
      `128.8.0(ST:250415083015)(RV:0012.345*kWh)(SG:${"3046".repeat(20)})`,
      JSON.stringify({ signedMeterValues: [{ signature: "3045" }] }),
      Buffer.from(recordOf(payloadText(), key)).toString("base64"),
    ]) {
      expect(judge(content), String(content).slice(0, 60)).to.deep.equal(["unsupported", "FORMAT_UNSUPPORTED"]);
    }
    const record = Buffer.from(recordOf(payloadText(), key)).toString();
    for (const content of [
      "",
      "junk",
      "AP;junk",
      "AP;0;3;;;;",
      "<values></values>",
      '<values><value><signedData format="ALFEN">TEST1</signedData></value></values>',
      "{}",
      '{"signedMeterValues":[]}',
      "1b1b1b1b",
      "128.8.0(RV:1)",
      ` ${record}`,
      `\uFEFF${record}`,
      `ocmf${record.slice(4)}`,
      "A".repeat(300_000),
    ]) {
      expect(judge(content)[0], content.slice(0, 60)).to.equal("refused");
    }
  });

  it("are judged so in what other meters signed", function () {
    if (!existsSync(folder)) {
      // The reference material is no part of the repository.
      this.skip();
    }
    const genuine = [
      "alfen-03.xml",
      "alfen-05-intermediates.xml",
      "edl40-01.xml",
      "edl40plus-01.xml",
      "isa-edl40p-ok.xml",
      "mennekes-1.xml",
      "mennekes-full.xml",
      "metra-acu-good.xml",
      "pcdf-01.pcdf",
      "ptb-simple.json",
      "chargeit-02.chargy",
      "bsm-good.json",
      "chargepoint-flat/secrrct",
      "chargepoint-per-minute/secrrct",
    ];
    const verdicts = genuine.map((name) => [name, ...judge(readFileSync(join(folder, name)))]);
    expect(verdicts).to.deep.equal(genuine.map((name) => [name, "unsupported", "FORMAT_UNSUPPORTED"]));
    expect(judge(readFileSync(join(folder, "safe-xml-two-values.xml")))[0]).to.equal("refused");
  });
});

describe("The idTag in the ID of a record", () => {
  it("is found in the form that BAUER's BSM documents, and in no other", () => {
    const tag = "ABCDEFGHIJKLMNOPQRST";
    expect(isSameIdTag(`contract-id: rfid:${tag.toLowerCase()}`, tag)).to.equal(true);
    for (const other of [
      `contract-id: rfid: ${tag}`,
      `contract-id:rfid:${tag}`,
      `contract-id: evcc:${tag}`,
      `contract-id: rfid:${tag} `,
      `x contract-id: rfid:${tag}`,
      `contract-id: rfid:${tag}, evse-id: DE*1`,
      `rfid:${tag}`,
    ]) {
      expect(isSameIdTag(other, tag), other).to.equal(false);
    }
    expect(normalizeIdTag("contract-id: rfid:")).to.equal("CONTRACT-ID: RFID:");
  });
});
