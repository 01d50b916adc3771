import { type Branch } from "./branch-coverage.ts";

/** Where the branches without a Solidity test are named, from the project's root. */
export const pageFile = "docs/coverage.md";

/** A branch that the page names. */
export interface NamedBranch {
  readonly subject: string;
  readonly text: string;
  readonly way: Branch["way"];
  readonly reason: string;
}

/** What page and measurement do not have in common. */
export interface Differences {
  /** Not taken, and not named. */
  readonly unnamed: readonly Branch[];
  /** Named, and taken by now, or gone from the contracts. */
  readonly outdated: readonly NamedBranch[];
}

/**
 * The branches that a page names, each on a line of its own.
 *
 * @throws SyntaxError on a line that begins as such a line and has not its form, or no reason.
 */
export function parseNamed(page: string): readonly NamedBranch[] {
  return page
    .split("\n")
    .filter((line) => /^- `[^`]*`: `/u.test(line))
    .map((line) => {
      const [, subject, text, way, reason] = /^- `([^`]+)`: `([^`]+)` is never (true|false): (\S.*)$/u.exec(line) ?? [];
      if (subject === undefined || text === undefined || reason === undefined || (way !== "true" && way !== "false")) {
        throw new SyntaxError(`${pageFile} has "${line}"`);
      }
      return { subject, text, way, reason };
    });
}

/** The line that names a branch, but for the reason. */
export function lineNaming({ subject, text, way }: Omit<NamedBranch, "reason">): string {
  return `- \`${subject}\`: \`${text}\` is never ${way}: `;
}

/** Compares what was measured with what is named. */
export function compare(measured: readonly Branch[], named: readonly NamedBranch[]): Differences {
  const uncovered = measured.filter(({ isTaken }) => !isTaken);
  const names = new Set(named.map(lineNaming));
  const missed = new Set(uncovered.map(lineNaming));

  return {
    unnamed: uncovered.filter((branch) => !names.has(lineNaming(branch))),
    outdated: named.filter((branch) => !missed.has(lineNaming(branch))),
  };
}
