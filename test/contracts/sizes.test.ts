import { expect } from "chai";
import { dataLength } from "ethers";
import { artifacts } from "hardhat";

import { contractNames } from "../../scripts/deploy/contract-set.ts";
import { evidenceRoles } from "../../services/contracts.ts";
import { wayRoles } from "../../scripts/deploy/ways-set.ts";

/** EIP-170, and EIP-3860 for the code that constructs. */
const LARGEST_CODE = 24_576;
const LARGEST_CREATION_CODE = 49_152;

const besideNames = [...evidenceRoles, ...wayRoles].map((role) => `${role.charAt(0).toUpperCase()}${role.slice(1)}`);

describe("The code of each contract", () => {
  // The registry deploys the scanner itself; the lens is deployed by whoever wants to ask it.
  for (const name of [...contractNames, ...besideNames, "OcmfScanner", "OcmfLens", "PasskeyAccount"]) {
    it(`has a size that a chain takes: ${name}`, async () => {
      const { bytecode, deployedBytecode } = await artifacts.readArtifact(name);

      expect(dataLength(deployedBytecode)).to.be.greaterThan(0).and.at.most(LARGEST_CODE);
      expect(dataLength(bytecode)).to.be.at.most(LARGEST_CREATION_CODE);
    });
  }
});
