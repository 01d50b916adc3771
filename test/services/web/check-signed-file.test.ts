import { generateKeyPairSync, sign } from "node:crypto";

import { expect } from "chai";

import { recordOfSample, signedSamples } from "../../../scripts/simulator/formats/signed-samples.ts";
import { judgeFile } from "../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../services/evidence/formats/values/node-value-cryptography.ts";
import { checkSignedFile } from "../../../services/web/page/receipt/check-signed-file.ts";
import { payloadText } from "../../helpers/ocmf.ts";

describe("Signed meter values checked in the browser", function () {
  it("get the verdict of the command, with the key in the file, with the meter's and with another", function () {
    const others = signedSamples();
    for (const [index, sample] of signedSamples().entries()) {
      const file = recordOfSample(sample);
      for (const key of ["", sample.key, others[index]?.key ?? ""]) {
        const lines = judgeFile("file", file, null, key === "" ? null : key, nodeValueCryptography);
        expect([sample.name, checkSignedFile(file, key)]).to.deep.equal([sample.name, lines]);
      }
    }
  });

  for (const [type, algorithm] of [
    ["ed25519", "EdDSA-Ed25519"],
    ["ed448", "EdDSA-Ed448"],
  ] as const) {
    it(`are judged on ${type}, too`, function () {
      const pair = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ed448");
      const payload = payloadText();
      const signature = sign(null, Buffer.from(payload), pair.privateKey).toString("hex");
      const file = Buffer.from(`OCMF|${payload}|{"SA":"${algorithm}","SD":"${signature}"}`);
      const key = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
      const [line] = checkSignedFile(file, key);
      expect([line?.verdict, line?.energyWh]).to.deep.equal(["accepted", "12345"]);
      const forged = Buffer.from(file.toString().replace("112.345", "112.346"));
      expect(checkSignedFile(forged, key)[0]?.reason).to.equal("OCMF_SIGNATURE_MISMATCH");
      const broken = Buffer.from(file.toString().replace(/"SD":"../u, '"SD":"'));
      expect(checkSignedFile(broken, key)[0]?.verdict).to.equal("refused");
      expect(checkSignedFile(file, "00")[0]?.reason).to.equal("OCMF_KEY_MALFORMED");
    });
  }

  it("are unsupported on ML-DSA, which no library of the page has", function () {
    const file = Buffer.from(`OCMF|${payloadText()}|{"SA":"ML-DSA-65","SD":"00"}`);
    expect(checkSignedFile(file, "30")[0]?.verdict).to.equal("unsupported");
  });
});
