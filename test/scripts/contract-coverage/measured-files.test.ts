import { existsSync } from "node:fs";

import { expect } from "chai";

import {
  isMeasured,
  leftOutTests,
  measuredContracts,
  measuredTests,
} from "../../../scripts/contract-coverage/measured-files.ts";

describe("What coverage measures", () => {
  it("is neither doubles nor tests nor what the contracts import", () => {
    for (const file of ["contracts/mocks/DemoToken.sol", "test/proofs/models/OnceModel.sol", "@openzeppelin/a.sol"]) {
      expect(isMeasured(file), file).to.equal(false);
    }
  });

  it("is every contract and library", async () => {
    const contracts = await measuredContracts();

    expect(contracts).to.include.members(["contracts/ChargingSettlement.sol", "contracts/libraries/OcmfNumber.sol"]);
    expect(contracts.every(isMeasured)).to.equal(true);
  });

  it("is reached by the tests of the contracts in both languages, less those that are left out by name", async () => {
    const tests = await measuredTests();

    expect(tests).to.include.members([
      "test/contracts/invariants/ChargingSettlement.t.sol",
      "test/contracts/charging-settlement/open.test.ts",
      "test/proofs/differential.test.ts",
    ]);
    for (const file of leftOutTests) {
      expect(existsSync(file), file).to.equal(true);
      expect(tests).to.not.include(file);
    }
  });
});
