import { readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

/** The project's root. */
export const projectRoot = path.resolve(import.meta.dirname, "../..");

/** A path inside the project: no way leads out of it. */
const solidityFile = z.string().regex(/^contracts\/(?:[\w-]+\/)*\w+\.sol$/u);
const testFile = z.string().regex(/^test\/(?:[\w-]+\/)*(?:[\w-]+\.test\.ts|\w+\.t\.sol)$/u);

const plantedBugSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u),
  /** Where it is planted. */
  file: solidityFile,
  /** What the file says; it says so once. */
  original: z.string().min(1),
  replacement: z.string(),
  /** What the bug would do with somebody's money. */
  meaning: z.string().min(1),
  /** The contracts that the tests deploy and that contain the bug: no other is compiled again. */
  compiles: z.array(solidityFile).min(1).readonly(),
  /** The tests that must fail: of mocha, or games and fuzz tests in Solidity, which compile everything again. */
  tests: z.array(testFile).min(1).readonly(),
});

/** A bug that the tests of the contracts are known to catch. */
export type PlantedBug = z.output<typeof plantedBugSchema>;

/** Where the list is, from the project's root. */
export const plantedBugsFile = "test/mutants/planted-bugs.json";

/** The list of planted bugs; throws when it is not one. */
export function readPlantedBugs(): readonly PlantedBug[] {
  const text = readFileSync(path.join(projectRoot, plantedBugsFile), "utf8");
  return z.array(plantedBugSchema).min(1).parse(JSON.parse(text));
}

/** How often a text occurs in another. */
export function occurrencesOf(part: string, text: string): number {
  return text.split(part).length - 1;
}

/**
 * A file with the bug in it.
 *
 * @throws RangeError when the original text does not occur exactly once: the list no longer fits the contracts.
 */
export function plant(bug: PlantedBug, text: string): string {
  const count = occurrencesOf(bug.original, text);
  if (count !== 1) {
    throw new RangeError(`${bug.id}: ${bug.file} contains the original text ${count} times and must contain it once`);
  }

  // A function, so that no character of the replacement has a meaning.
  return text.replace(bug.original, () => bug.replacement);
}
