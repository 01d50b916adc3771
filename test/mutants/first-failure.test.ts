import { expect } from "chai";

import { firstFailureIn } from "../../scripts/mutants/sandbox.ts";

describe("The first failure of a run of tests", () => {
  it("is what mocha lists first", () => {
    const report = [
      "  MeterRegistry.retireMeter",
      "    1) refuses everybody but the EVSE's operator",
      "",
      "  3 passing (2s)",
      "  1 failing",
      "",
      "  1) MeterRegistry.retireMeter",
      "       refuses everybody but the EVSE's operator:",
      "     AssertionError: expected 1 to equal 2",
    ].join("\n");

    expect(firstFailureIn(report)).to.equal("MeterRegistry.retireMeter refuses everybody but the EVSE's operator");
  });

  it("is what the runner of Solidity tests lists first", () => {
    const report = [
      "  test/contracts/partner-agreements/Parts.t.sol:PartsTest",
      "    1) testFuzz_parts_add_up(uint64)",
      "",
      "  1 passing",
      "  1 failing",
      "",
      "  1) PartsTest#testFuzz_parts_add_up(uint64)",
      "    Error: a part was lost",
    ].join("\n");

    expect(firstFailureIn(report)).to.equal("PartsTest#testFuzz_parts_add_up");
  });

  it("is nothing where nothing failed, and where nothing ran", () => {
    expect(firstFailureIn("  3 passing (2s)\n")).to.equal(undefined);
    expect(firstFailureIn("Error HHE910: Compilation failed")).to.equal(undefined);
  });
});
