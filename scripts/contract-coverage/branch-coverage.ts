import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { projectRoot } from "../mutants/planted-bugs.ts";
import { type Decision, decisionsIn } from "./decisions.ts";
import { measuredContracts, measuredTests } from "./measured-files.ts";
import { noticesOf, probed, probeFile, probeSource } from "./probes.ts";
import { parseSources } from "./syntax-tree.ts";
import { type WorkingCopy, withWorkingCopy } from "./working-copy.ts";

/** Many times what it takes, because the machine may be busy. */
const timeoutMs = 3_600_000;

/** One way out of a decision. */
export interface Branch extends Decision {
  readonly way: "true" | "false";
  readonly isTaken: boolean;
}

/**
 * Which ways the decisions of the contracts take in the Solidity tests. In a copy, each decision is made to tell its way;
 * Hardhat's EVM notes what is told, also of calls that revert. Its own notices are switched off meanwhile.
 *
 * @throws Error if the contracts do not compile or a test fails.
 */
export function measureBranches(): Promise<readonly Branch[]> {
  return withWorkingCopy(async (copy) => {
    const decisions = await putProbes(copy);
    const tests = (await measuredTests()).filter((file) => file.endsWith(".t.sol"));
    await writeFile(path.join(copy.folder, "hardhat.branches.config.ts"), configuration);
    await copy.run(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "node_modules/hardhat/dist/src/cli.js",
        "--config",
        "hardhat.branches.config.ts",
        "test",
        "solidity",
        "--coverage",
        ...tests,
      ],
      // The same games each time, so that the same branches are taken.
      { timeoutMs, environment: { WATTPROOF_INVARIANT_RUNS: "4" } },
    );

    const told = await noticesIn(path.join(copy.folder, "coverage/data/solidity"));
    return decisions.flatMap((decision, number): readonly Branch[] => {
      const { whenTrue, whenFalse } = noticesOf(number);
      return [
        { ...decision, way: "true", isTaken: told.has(whenTrue) },
        { ...decision, way: "false", isTaken: told.has(whenFalse) },
      ];
    });
  });
}

const configuration = `import config from "./hardhat.config.ts";

export default { ...config, coverage: { skipFiles: ["**/*.sol"] } };
`;

/** Writes probes into the contracts of a copy; the decisions by number. */
async function putProbes(copy: WorkingCopy): Promise<readonly Decision[]> {
  const files = await measuredContracts();
  const sources = new Map<string, Buffer>();
  for (const file of files) sources.set(file, await readFile(path.join(projectRoot, file)));
  const trees = parseSources(new Map([...sources].map(([file, source]) => [file, source.toString("utf8")])));

  const decisions: Decision[] = [];
  for (const [file, tree] of trees) {
    const source = sources.get(file) ?? Buffer.alloc(0);
    const found = decisionsIn(file, source, tree);
    if (found.length === 0) continue;
    await writeFile(path.join(copy.folder, file), probed(file, source, found, decisions.length));
    decisions.push(...found.map(({ decision }) => decision));
  }
  await writeFile(path.join(copy.folder, probeFile), probeSource);

  return decisions;
}

const noticesSchema = z.record(z.string().regex(/^[0-9a-f]{64}$/u), z.number());

/** The notices that Hardhat wrote down. */
async function noticesIn(folder: string): Promise<ReadonlySet<number>> {
  const told = new Set<number>();
  for (const file of await readdir(folder)) {
    const text = await readFile(path.join(folder, file), "utf8");
    for (const notice of Object.keys(noticesSchema.parse(JSON.parse(text)))) told.add(Number(BigInt(`0x${notice}`)));
  }
  if (told.size === 0) throw new Error("The tests told of no decision at all");

  return told;
}
