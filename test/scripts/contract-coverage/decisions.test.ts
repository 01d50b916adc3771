import { expect } from "chai";

import { decisionsIn } from "../../../scripts/contract-coverage/decisions.ts";
import { probed } from "../../../scripts/contract-coverage/probes.ts";
import { parseSources } from "../../../scripts/contract-coverage/syntax-tree.ts";

const file = "contracts/parts/A.sol";
const source = `// Größe
pragma solidity 0.8.37;
function free(bool isIt) pure returns (uint256) { return isIt ? 1 : 2; }
contract A {
    uint256 constant SIZE = 1 > 2 ? 3 : 4;
    modifier only() { require(msg.sender == address(1), "who"); _; }
    constructor() { assert(SIZE == 4); }
    function f(uint256 x) external only {
        if (x == 1) return;
        if ((x > 2 ? x : 3) > 4 &&
            x < 9) x = 5; else if (x == 1) revert();
        if (x == 1) { for (uint256 i; i < x; ++i) ++x; }
        try this.f(x) { ++x; } catch Error(string memory) { --x; } catch { x = 0; }
    }
}
`;

describe("The decisions of a source", () => {
  const bytes = Buffer.from(source);
  const tree = parseSources(new Map([[file, source]])).get(file);
  if (tree === undefined) throw new Error("no tree");
  const found = decisionsIn(file, bytes, tree);

  it("are its conditions and calls with a way out, each with a name of its own, and no loop or constant", () => {
    expect(found.map(({ decision: { subject, text, line } }) => `${line} ${subject}: ${text}`)).to.deep.equal([
      "3 free: isIt",
      "6 A.only: msg.sender == address(1)",
      "7 A.constructor: SIZE == 4",
      "9 A.f: x == 1",
      "10 A.f: (x > 2 ? x : 3) > 4 && x < 9",
      "10 A.f: x > 2",
      "11 A.f: x == 1 (2)",
      "12 A.f: x == 1 (3)",
      "13 A.f: try this.f(x)",
    ]);
  });

  it("tell which way they go, on the lines where they were", () => {
    const lines = probed(file, bytes, found, 10).split("\n");

    expect(lines).to.have.length(source.split("\n").length);
    expect(lines[1]).to.equal('pragma solidity 0.8.37; import {BranchProbe} from "../BranchProbe.sol";');
    expect(lines[8]).to.equal("        if (BranchProbe.condition(x == 1, 27, 28)) return;");
    expect(lines[9]).to.equal(
      "        if (BranchProbe.condition((BranchProbe.condition(x > 2, 31, 32) ? x : 3) > 4 &&",
    );
    expect(lines[10]).to.equal(
      "            x < 9, 29, 30)) x = 5; else if (BranchProbe.condition(x == 1, 33, 34)) revert();",
    );
    expect(lines[12]).to.equal(
      "        try this.f(x) { BranchProbe.reached(37); ++x; } catch Error(string memory) { BranchProbe.reached(38); --x; } catch { BranchProbe.reached(38); x = 0; }",
    );
  });

  it("cannot be had of what does not parse", () => {
    expect(() => parseSources(new Map([[file, "contract {"]]))).to.throw("ParserError");
  });
});
