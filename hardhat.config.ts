import { fileURLToPath } from "node:url";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig, task } from "hardhat/config";

// The compiler comes from the npm package `solc`, so that no download from elsewhere is needed. There is one profile, so
// that the bytecode that is tested and measured is the bytecode that is deployed.
export const solidity = {
  version: "0.8.37",
  path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
  settings: { evmVersion: "osaka", viaIR: true, optimizer: { enabled: true, runs: 2_000 } },
  // The Solidity tests contain the contracts again and take longest to compile; only those who run them wait for that.
  splitTestsCompilation: true,
};

// What follows `--` is the operator's program's: npx hardhat wattproof -- evse list --json
const wattproof = task("wattproof", "Runs the operator's program; its arguments follow --")
  .addVariadicArgument({ name: "arguments", description: "noun, verb and the rest", defaultValue: [] })
  .setAction(() => import("./scripts/operator/hardhat-task.ts"))
  .build();

export default defineConfig({
  tasks: [wattproof],
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, hardhatNetworkHelpers, hardhatTypechain],
  solidity,
  networks: {
    default: { type: "edr-simulated", chainType: "l1", chainId: 31337, hardfork: "osaka" },
  },
  test: {
    mocha: { timeout: 120_000 },
    // A call of the game takes some milliseconds. The long set plays more of it.
    solidity: {
      fuzz: { runs: 100_000 },
      invariant: { runs: Number(process.env["WATTPROOF_INVARIANT_RUNS"] ?? 4), depth: 60 },
    },
  },
  typechain: { outDir: "types", tsNocheck: true },
});
