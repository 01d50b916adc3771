import { expect } from "chai";

import { WattproofError } from "../../../../services/errors.ts";
import { readEnvelope } from "../../../../services/http/station/envelope.ts";
import { payloadText, recordOf, testKey } from "../../../helpers/ocmf.ts";

const key = testKey("secp256r1");
const record = Buffer.from(recordOf(payloadText(), key));
const base64 = record.toString("base64");
const escaped = record.toString().replaceAll('"', "&quot;");
const xml = `<values><value><signedData format="OCMF">${escaped}</signedData></value></values>`;

function taken(mediaType: "text/plain" | "application/json", body: string | Uint8Array): Buffer {
  return Buffer.from(readEnvelope(mediaType, Buffer.from(body)).record);
}

describe("A body with a record at the HTTP door", () => {
  it("holds it as the meter signed it, whatever is around it", () => {
    const wrappings = [
      base64,
      base64.replace(/.{76}/gu, "$&\r\n"),
      `0x${record.toString("hex")}`,
      xml,
      JSON.stringify(base64),
    ];
    for (const wrapping of wrappings) {
      expect(taken("text/plain", wrapping)).to.deep.equal(record);
      expect(taken("application/json", JSON.stringify({ record: wrapping }))).to.deep.equal(record);
    }
    expect(taken("application/json", JSON.stringify({ record: base64, encoding: "base64" }))).to.deep.equal(record);
    for (const name of ["signedMeterData", "signedMeterValue"]) {
      const value = { [name]: base64, encodingMethod: "OCMF", publicKey: "" };
      expect(taken("application/json", JSON.stringify(value))).to.deep.equal(record);
    }
  });

  it("is handed on as it is where nothing is found in it, for the verifier to say what it is", () => {
    for (const body of [record, Buffer.from(` ${record.toString()}`), Buffer.from("junk"), Buffer.from([0xff, 0xfe])]) {
      expect(taken("text/plain", body)).to.deep.equal(Buffer.from(body));
    }
  });

  it("is refused with two records, or as JSON of another form", () => {
    const two = JSON.stringify([base64, base64]);
    const bodies = [
      ["text/plain", two],
      ["application/json", JSON.stringify({ record: two })],
      ["application/json", JSON.stringify({ signedMeterData: "junk" })],
      ["application/json", JSON.stringify({ record: base64, signedMeterData: base64 })],
      ["application/json", JSON.stringify(base64)],
    ] as const;
    for (const [mediaType, body] of bodies) {
      expect(() => taken(mediaType, body), body.slice(0, 60)).to.throw(WattproofError, /ENVELOPE_INVALID/u);
    }
  });
});
