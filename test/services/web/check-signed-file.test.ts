import { generateKeyPairSync, sign, type KeyPairKeyObjectResult } from "node:crypto";

import { expect } from "chai";

import { recordOfSample, signedSamples } from "../../../scripts/simulator/formats/signed-samples.ts";
import type { OtherKeyType } from "../../../services/evidence/formats/ocmf/other-algorithms.ts";
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
    ["ml-dsa-44", "ML-DSA-44"],
    ["ml-dsa-65", "ML-DSA-65"],
    ["ml-dsa-87", "ML-DSA-87"],
  ] as const) {
    it(`are judged on ${type} as OpenSSL signs it, too`, function () {
      const { privateKey, publicKey } = keyPairOf(type);
      const payload = payloadText();
      const signature = sign(null, Buffer.from(payload), privateKey).toString("hex");
      const file = Buffer.from(`OCMF|${payload}|{"SA":"${algorithm}","SD":"${signature}"}`);
      const key = publicKey.export({ type: "spki", format: "pem" }).toString();
      const [line] = checkSignedFile(file, key);
      expect([line?.verdict, line?.energyWh]).to.deep.equal(["accepted", "12345"]);
      const forged = Buffer.from(file.toString().replace("112.345", "112.346"));
      expect(checkSignedFile(forged, key)[0]?.reason).to.equal("OCMF_SIGNATURE_MISMATCH");
      const short = Buffer.from(file.toString().replace(/"SD":"../u, '"SD":"'));
      expect(checkSignedFile(short, key)[0]?.reason).to.equal("OCMF_SIGNATURE_MISMATCH");
      const another = keyPairOf(type).publicKey.export({ type: "spki", format: "pem" }).toString();
      expect(checkSignedFile(file, another)[0]?.reason).to.equal("OCMF_SIGNATURE_MISMATCH");
      for (const malformed of ["00", keyPairOf(type === "ed448" ? "ed25519" : "ed448").publicKey]) {
        const text = typeof malformed === "string" ? malformed : malformed.export({ type: "spki", format: "pem" });
        expect(checkSignedFile(file, String(text))[0]?.reason).to.equal("OCMF_KEY_MALFORMED");
      }
    });
  }
});

function keyPairOf(type: OtherKeyType): KeyPairKeyObjectResult {
  return (generateKeyPairSync as (type: string) => KeyPairKeyObjectResult)(type);
}
