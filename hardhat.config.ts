import { fileURLToPath } from "node:url";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

// The compiler comes from the npm package `solc`, so that no download from elsewhere is needed.
const compiler = {
  version: "0.8.37",
  path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
};

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, hardhatNetworkHelpers, hardhatTypechain],
  solidity: {
    profiles: {
      // The quick profile of the tests; the release profile is what is deployed and what the gas figures are taken from.
      default: { ...compiler, settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 1000 } } },
      production: {
        ...compiler,
        settings: { evmVersion: "osaka", viaIR: true, optimizer: { enabled: true, runs: 1_000_000 } },
      },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", chainId: 31337, hardfork: "osaka" },
  },
  test: {
    mocha: { timeout: 120_000 },
    solidity: { fuzz: { runs: 512 }, invariant: { runs: 32, depth: 100 } },
  },
  typechain: { outDir: "types" },
});
