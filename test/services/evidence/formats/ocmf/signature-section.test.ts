import { expect } from "chai";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { readSignatureSection } from "../../../../../services/evidence/formats/ocmf/signature-section.ts";
import { bytesOf, expectReason } from "../../../../helpers/ocmf.ts";

function refuses(what: string, text: string, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => readSignatureSection(bytesOf(text)), reason);
  });
}

const sd = '"SD":"0aFF"';
const sdBytes = Uint8Array.of(0x0a, 0xff);

describe("Signature section of OCMF", () => {
  refuses("no JSON", "0aff", "OCMF_JSON_SYNTAX");
  refuses("SD twice", `{${sd},${sd}}`, "OCMF_JSON_DUPLICATE_KEY");
  refuses("SA twice", `{"SA":"a","SA":"b",${sd}}`, "OCMF_JSON_DUPLICATE_KEY");
  refuses("an escaped SD", '{"\\u0053D":"00"}', "OCMF_JSON_ESCAPED_KEY");
  for (const algorithm of [
    "",
    "ECDSA",
    "secp256r1",
    "ECDSA-secp256r1-SHA512",
    "ECDSA-secp256r1-SHA1",
    "ECDSA-secp256r1",
    "ECDSA--SHA256",
    "RSA-2048-SHA256",
    " ECDSA-secp256r1-SHA256",
    "ECDSA-secp256r1-SHA256 ",
    "ECDSA-\u017fecp256r1-SHA256",
    "ECDSA-secp256\u212a1-SHA256",
  ]) {
    refuses(`the algorithm ${JSON.stringify(algorithm)}`, `{"SA":"${algorithm}",${sd}}`, "OCMF_ALGORITHM_UNKNOWN");
  }
  refuses("an algorithm that is null", `{"SA":null,${sd}}`, "OCMF_ALGORITHM_UNKNOWN");
  refuses("an algorithm that is a number", `{"SA":1,${sd}}`, "OCMF_ALGORITHM_UNKNOWN");
  for (const curve of ["secp521r1", "secp224k1", "brainpoolP512r1", "ed25519"]) {
    it(`answers that the curve ${curve} is not supported`, () => {
      expectReason(
        () => readSignatureSection(bytesOf(`{"SA":"ECDSA-${curve}-SHA256",${sd}}`)),
        "OCMF_CURVE_UNSUPPORTED",
      );
    });
  }
  for (const encoding of ['"base32"', '"HEX"', '""', "null", "16"]) {
    refuses(`the encoding ${encoding}`, `{"SE":${encoding},${sd}}`, "OCMF_ENCODING_UNKNOWN");
  }
  for (const type of ['"application/x-raw"', '""', "null"]) {
    refuses(`the type ${type}`, `{"SM":${type},${sd}}`, "OCMF_MIME_TYPE_UNKNOWN");
  }
  refuses("a section without SD", "{}", "OCMF_SIGNATURE_MISSING");
  refuses("SD in lower case", '{"sd":"00"}', "OCMF_SIGNATURE_MISSING");
  for (const data of ['"0"', '"0g"', '" 00"', '"0x00"', "0", "null", '["00"]']) {
    refuses(`SD ${data}`, `{"SD":${data}}`, "OCMF_SIGNATURE_MALFORMED");
  }
  refuses("base64 that is said to be hex", '{"SD":"MEUC","SE":"hex"}', "OCMF_SIGNATURE_MALFORMED");
  refuses("base64 with a gap", '{"SD":"ME UC","SE":"base64"}', "OCMF_SIGNATURE_MALFORMED");

  it("takes secp256r1 and hex where nothing is said", () => {
    expect(readSignatureSection(bytesOf(`{${sd}}`))).to.deep.equal({ curve: "secp256r1", signatureData: sdBytes });
  });

  it("reads any order, white space, explicit defaults and extensions", () => {
    const text = ` {\n${sd} , "X1":{"a":[1]}, "SM":"application/x-der","SE":"hex","SA":"ECDSA-secp256k1-SHA256"}\r\n`;
    expect(readSignatureSection(bytesOf(text))).to.deep.equal({ curve: "secp256k1", signatureData: sdBytes });
  });

  it("reads a signature that is written in base64", () => {
    const section = readSignatureSection(bytesOf('{"SD":"Cv8=","SE":"base64"}'));
    expect(section.signatureData).to.deep.equal(sdBytes);
  });

  for (const [spelling, curve] of [
    ["secp192k1", "secp192k1"],
    ["secp192r1", "secp192r1"],
    ["secp256k1", "secp256k1"],
    ["secp256r1", "secp256r1"],
    ["secp384r1", "secp384r1"],
    ["brainpool256r1", "brainpoolP256r1"],
    ["brainpoolP256r1", "brainpoolP256r1"],
    ["brainpool384r1", "brainpoolP384r1"],
    ["brainpoolP384r1", "brainpoolP384r1"],
  ] as const) {
    it(`knows ${curve} as ${spelling}, in either case of letters`, () => {
      for (const algorithm of [`ECDSA-${spelling}-SHA256`, `ecdsa-${spelling.toLowerCase()}-sha256`]) {
        expect(readSignatureSection(bytesOf(`{"SA":"${algorithm}",${sd}}`)).curve).to.equal(curve);
      }
    });
  }
});
