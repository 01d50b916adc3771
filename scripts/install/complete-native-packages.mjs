// npm on Node 20 leaves out the EVM's native binding, because that package asks for Node 22 or newer. The scripts of
// this project run on the Node 24 that was just installed as a dependency, so a second pass under it adds what is missing.
// A service in production (npm ci --omit=dev) has no EVM, and needs none.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

function findHardhat() {
  try {
    return require.resolve("hardhat");
  } catch {
    return null;
  }
}

function isEvmLoadable(hardhat) {
  try {
    createRequire(hardhat)("@nomicfoundation/edr");
    return true;
  } catch {
    return false;
  }
}

const hardhat = findHardhat();
if (hardhat !== null && !isEvmLoadable(hardhat)) {
  const result = spawnSync("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exitCode = result.status ?? 1;
}
