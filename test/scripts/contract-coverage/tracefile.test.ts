import { expect } from "chai";

import { parseTracefile } from "../../../scripts/contract-coverage/tracefile.ts";

describe("Reading a tracefile", () => {
  it("refuses one without any record", () => {
    expect(() => parseTracefile("TN:\n")).to.throw(SyntaxError, "no record");
  });

  it("refuses an end without a beginning", () => {
    expect(() => parseTracefile("TN:\nend_of_record\n")).to.throw(SyntaxError, "did not begin");
  });

  for (const record of ["DA:7", "DA:seven,1", "DA:7,often"]) {
    it(`refuses the line ${record}`, () => {
      expect(() => parseTracefile(`SF:a.sol\n${record}\nend_of_record\n`)).to.throw(SyntaxError, record);
    });
  }

  it("gives the lines of each file, and leaves out what it has no use for", () => {
    const text = [
      "TN:",
      "SF:a.sol",
      "FN:3,A.f",
      "DA:3,2",
      "DA:4,0,checksum",
      "BRDA:4,0,0,-",
      "BRDA:4,0,1,5",
      "BRF:2",
      "end_of_record",
      "SF:b.sol",
      "DA:9,1",
      "end_of_record",
      "",
    ];

    expect(parseTracefile(text.join("\n"))).to.deep.equal([
      {
        file: "a.sol",
        lines: new Map([
          [3, 2],
          [4, 0],
        ]),
      },
      { file: "b.sol", lines: new Map([[9, 1]]) },
    ]);
  });
});
