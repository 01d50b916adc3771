import { z } from "zod";

import { type Branch } from "./branch-coverage.ts";

/** Where the branches without a Solidity test are named, from the project's root. */
export const namedBranchesFile = "test/contracts/untaken-branches.json";

const namedBranchSchema = z.strictObject({
  /** The contract or library and the function: `Challenges.answer`. */
  subject: z.string().min(1),
  /** The condition as the source says it, on one line. */
  text: z.string().min(1),
  way: z.enum(["true", "false"]),
  /** Why no Solidity test takes it, or which TypeScript tests do. */
  reason: z.string().regex(/\S/u),
});

/** A branch that the list names. */
export type NamedBranch = z.output<typeof namedBranchSchema>;

/** What list and measurement do not have in common. */
export interface Differences {
  /** Not taken, and not named. */
  readonly unnamed: readonly Branch[];
  /** Named, and taken by now, or gone from the contracts. */
  readonly outdated: readonly NamedBranch[];
}

/**
 * The branches that the list names.
 *
 * @throws ZodError where an entry lacks a part or its reason; SyntaxError where one is named twice.
 */
export function parseNamed(text: string): readonly NamedBranch[] {
  const named = z.array(namedBranchSchema).parse(JSON.parse(text));
  const seen = new Set<string>();
  for (const branch of named) {
    const name = nameOf(branch);
    if (seen.has(name)) throw new SyntaxError(`${namedBranchesFile} names ${name} twice`);
    seen.add(name);
  }
  return named;
}

/** A branch as people read it. */
export function nameOf({ subject, text, way }: Omit<NamedBranch, "reason">): string {
  return `${subject}: \`${text}\` is never ${way}`;
}

/** Compares what was measured with what is named. */
export function compare(measured: readonly Branch[], named: readonly NamedBranch[]): Differences {
  const uncovered = measured.filter(({ isTaken }) => !isTaken);
  const names = new Set(named.map(nameOf));
  const missed = new Set(uncovered.map(nameOf));

  return {
    unnamed: uncovered.filter((branch) => !names.has(nameOf(branch))),
    outdated: named.filter((branch) => !missed.has(nameOf(branch))),
  };
}
