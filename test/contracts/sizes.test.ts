import { readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import { dataLength } from "ethers";
import { artifacts } from "hardhat";

import { contractNames } from "../../scripts/deploy/contract-set.ts";
import { evidenceRoles } from "../../services/contracts.ts";
import { optionalWayRoles, wayRoles } from "../../scripts/deploy/ways-set.ts";

const CONTRACTS = path.resolve(import.meta.dirname, "../../contracts");
/** EIP-170, and EIP-3860 for the code that constructs. */
const LARGEST_CODE = 24_576;
const LARGEST_CREATION_CODE = 49_152;

/** What the core stays below, so that a repair always fits, and the lines of it and its ledger that one can read at a sitting. */
const LARGEST_CORE = LARGEST_CODE - 1_000;
const LONGEST_CORE = 850;

const besideNames = [...evidenceRoles, ...wayRoles, ...optionalWayRoles].map(
  (role) => `${role.charAt(0).toUpperCase()}${role.slice(1)}`,
);

describe("The code of each contract", () => {
  // The registry deploys the scanner itself; the lens is deployed by whoever wants to ask it.
  for (const name of [...contractNames, ...besideNames, "OcmfScanner", "OcmfLens", "PasskeyAccount"]) {
    it(`has a size that a chain takes: ${name}`, async () => {
      const { bytecode, deployedBytecode } = await artifacts.readArtifact(name);

      expect(dataLength(deployedBytecode)).to.be.greaterThan(0).and.at.most(LARGEST_CODE);
      expect(dataLength(bytecode)).to.be.at.most(LARGEST_CREATION_CODE);
    });
  }

  it("leaves room in the core, which is short enough to be read as a whole", async () => {
    const { deployedBytecode } = await artifacts.readArtifact("ChargingSettlement");
    const files = ["ChargingSettlement", "SettlementLedger"].map((name) => path.join(CONTRACTS, `${name}.sol`));
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));

    expect(dataLength(deployedBytecode)).to.be.at.most(LARGEST_CORE);
    expect(texts.join("").split("\n").length - 1).to.be.at.most(LONGEST_CORE);
  });
});
