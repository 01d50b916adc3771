import { expect } from "chai";
import fc from "fast-check";

import {
  derTag,
  readDerElement,
  readDerElements,
  readObjectIdentifier,
  writeDerElement,
  writeObjectIdentifier,
} from "../../../../../services/evidence/formats/ocmf/der.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("DER reader", () => {
  for (const [what, text] of [
    ["nothing", ""],
    ["a tag alone", "02"],
    ["content that is cut off", "020201"],
    ["an indefinite length", "30800000"],
    ["a length of three bytes", "0283000001aa"],
    ["a length that is cut off", "0282"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(readDerElement(hex(text), 0)).to.equal(null);
    });
  }

  it("refuses other tags, missing and further elements", () => {
    expect(readDerElements(hex("020101"), [derTag.sequence])).to.equal(null);
    expect(readDerElements(hex("020101"), [derTag.integer, derTag.integer])).to.equal(null);
    expect(readDerElements(hex("02010100"), [derTag.integer])).to.equal(null);
  });

  it("reads lengths that are written longer than needed", () => {
    expect(readDerElement(hex("02810107"), 0)).to.deep.equal({ tag: 2, content: hex("07"), end: 4 });
    expect(readDerElement(hex("0282000107"), 0)).to.deep.equal({ tag: 2, content: hex("07"), end: 5 });
  });

  it("reads what it writes and never reaches beyond its bytes", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 127 }), (tag, content) => {
        const element = writeDerElement(tag, content);
        expect(readDerElement(element, 0)).to.deep.equal({ tag, content, end: element.length });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, from) => {
        const element = readDerElement(bytes, from);
        if (element !== null) expect(element.end).to.be.at.most(bytes.length);
      }),
    );
  });

  it("refuses object identifiers that are empty, cut off or out of reach", () => {
    for (const text of ["", "2a86", "2affffffffffff7f"]) expect(readObjectIdentifier(hex(text))).to.equal(null);
  });

  it("writes and reads object identifiers", () => {
    for (const [dotted, text] of [
      ["1.2.840.10045.2.1", "2a8648ce3d0201"],
      ["1.3.132.0.10", "2b8104000a"],
      ["1.3.36.3.3.2.8.1.1.11", "2b240303020801010b"],
      ["2.999.3", "883703"],
    ] as const) {
      expect(writeObjectIdentifier(dotted)).to.deep.equal(hex(text));
      expect(readObjectIdentifier(hex(text))).to.equal(dotted);
    }
  });
});
