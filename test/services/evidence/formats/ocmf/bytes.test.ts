import { expect } from "chai";
import fc from "fast-check";

import {
  fromBase32,
  fromBase64,
  fromHex,
  fromInteger,
  toHex,
  toInteger,
} from "../../../../../services/evidence/formats/ocmf/bytes.ts";

describe("Byte encodings of OCMF", () => {
  for (const text of ["0", "0g", "0x00", " 00", "00 ", "é0"]) {
    it(`refuses ${JSON.stringify(text)} as hex`, () => {
      expect(fromHex(text)).to.equal(null);
    });
  }

  for (const text of ["A", "AA", "AAA", "AB==", "A===", "AA=A", "AA A", "-_==", "AAAA="]) {
    it(`refuses ${JSON.stringify(text)} as base64`, () => {
      expect(fromBase64(text)).to.equal(null);
    });
  }

  for (const text of ["A", "aa", "AB", "AA=", "A8888888", "AAA"]) {
    it(`refuses ${JSON.stringify(text)} as base32`, () => {
      expect(fromBase32(text)).to.equal(null);
    });
  }

  it("reads what an independent encoder wrote", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes);
        expect(toHex(bytes)).to.equal(text.toString("hex"));
        expect(fromHex(text.toString("hex").toUpperCase())).to.deep.equal(bytes);
        expect(fromBase64(text.toString("base64"))).to.deep.equal(bytes);
      }),
    );
  });

  // Vectors of RFC 4648 section 10.
  for (const [text, expected] of [
    ["", ""],
    ["MY======", "f"],
    ["MZXQ====", "fo"],
    ["MZXW6===", "foo"],
    ["MZXW6YQ=", "foob"],
    ["MZXW6YTB", "fooba"],
    ["MZXW6YTBOI======", "foobar"],
    ["MZXW6YTBOI", "foobar"],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as base32`, () => {
      expect(fromBase32(text)).to.deep.equal(new TextEncoder().encode(expected));
    });
  }

  it("writes and reads integers of every length", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 384n - 1n }), (value) => {
        expect(toInteger(fromInteger(value, 48))).to.equal(value);
      }),
    );
    expect(toInteger(new Uint8Array())).to.equal(0n);
  });
});
