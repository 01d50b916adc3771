import { expect } from "chai";

import { countLines, uncoveredLines } from "../../../scripts/contract-coverage/line-coverage.ts";

describe("Counting lines", () => {
  const lines = new Map([
    [12, 0],
    [3, 4],
    [5, 0],
    [4, 1],
  ]);
  const file = { file: "a.sol", lines };

  it("tells those that ran from all that have code", () => {
    expect(countLines([file, { ...file, file: "b.sol" }])).to.deep.equal({ covered: 4, total: 8 });
  });

  it("names those that never ran, in order", () => {
    expect(uncoveredLines(file)).to.deep.equal([5, 12]);
  });
});
