import { expect } from "chai";

import { createFormatRegistry, type SignedFormat } from "../../../../services/evidence/formats/format.ts";
import { createOcmfFormat } from "../../../../services/evidence/formats/ocmf/ocmf-format.ts";
import { createSupportedFormats } from "../../../../services/evidence/formats/supported-formats.ts";
import { payloadText, recordOf, testKey, verifier } from "../../../helpers/ocmf.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const ocmf = createOcmfFormat(verifier);
const other: SignedFormat = {
  name: "other",
  claims: (record) => record[0] === 0x3c,
  readIdentification: () => ({ identification: "other" }),
  verify: () => ({ verdict: "unsupported", reason: "FORMAT_UNSUPPORTED", detail: "" }),
};

describe("The formats of signed records", function () {
  it("judge what they claim, and OCMF whatever none of them claims", function () {
    const formatOf = createFormatRegistry(ocmf, [other]);
    expect(formatOf(bytes("OCMF|{}|{}")).name).to.equal("OCMF");
    expect(formatOf(bytes("<signedMeterValue/>")).name).to.equal("other");
    expect(formatOf(bytes("Hello")).name).to.equal("OCMF");
    expect(formatOf(bytes("")).name).to.equal("OCMF");
  });

  it("refuse with a verdict, and throw nothing, whatever the bytes are", function () {
    const { publicKey } = testKey("secp256r1");
    for (const text of ["", "Hello", "OCMF|", "OCMF|{|}", "OCMF|{}|{}", `OCMF|${"[".repeat(9_999)}|{}`]) {
      const format = createSupportedFormats()(bytes(text));
      expect(format.verify(bytes(text), publicKey), text).to.include({ verdict: "refused" });
      expect(format.readIdentification(bytes(text)), text).to.satisfy(
        (read: object) => "verdict" in read || "identification" in read,
      );
    }
  });

  it("read of OCMF who charges, before the signature is verified", function () {
    const record = recordOf(payloadText({ ID: '"TAG7"' }), testKey("secp256r1"));
    expect(ocmf.readIdentification(record)).to.deep.equal({ identification: "TAG7" });
    expect(ocmf.readIdentification(bytes('OCMF|{"ID":"TAG7"}|unsigned'))).to.deep.equal({ identification: "TAG7" });
    expect(ocmf.readIdentification(bytes('OCMF|{"ID":7}|{}'))).to.deep.equal({ identification: null });
  });
});
