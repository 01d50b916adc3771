import { readdir } from "node:fs/promises";
import path from "node:path";

import { projectRoot } from "../mutants/planted-bugs.ts";

/** Tests of figures that instrumentation changes by its nature: sizes of code and gas. */
export const leftOutTests: readonly string[] = [
  "test/contracts/sizes.test.ts",
  "test/contracts/gas/gas-snapshot.test.ts",
  "test/contracts/ocmf/scan-gas.test.ts",
];

/** Where the tests of the contracts are. Those of the service, the pages and the commands play no part. */
const testFolders = ["test/contracts", "test/proofs"];

/** The tests whose coverage counts, Solidity and TypeScript. */
export async function measuredTests(): Promise<readonly string[]> {
  const files = await Promise.all(testFolders.map(filesIn));
  return files
    .flat()
    .filter((file) => (file.endsWith(".test.ts") || file.endsWith(".t.sol")) && !leftOutTests.includes(file))
    .toSorted();
}

/** Whether the coverage of a source counts: of our contracts, not of doubles for tests, nor of what they import. */
export function isMeasured(file: string): boolean {
  return file.startsWith("contracts/") && file.endsWith(".sol") && !file.startsWith("contracts/mocks/");
}

/** The contracts and libraries that are measured; interfaces have no code. */
export async function measuredContracts(): Promise<readonly string[]> {
  const files = await filesIn("contracts");
  return files.filter((file) => isMeasured(file) && !file.startsWith("contracts/interfaces/")).toSorted();
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(path.join(projectRoot, folder), { recursive: true });
  return names.map((name) => `${folder}/${name.split(path.sep).join("/")}`);
}
