import { format } from "prettier";

import { type PlantedBug, plantedBugsFile } from "./planted-bugs.ts";

/** Where the page is, from the project's root. */
export const pageFile = "docs/mutants.md";

/** The list of planted bugs as people read it. */
export async function pageOf(bugs: readonly PlantedBug[]): Promise<string> {
  const rows = bugs.map((bug) => {
    const file = bug.file.replace(/^contracts\//u, "");
    const tests = bug.tests.map((test) => `\`${test.replace(/^test\/contracts\//u, "")}\``).join(", ");
    return `| \`${bug.id}\` | \`${file}\` | ${bug.meaning} | ${tests} |`;
  });
  const text = [
    "# Planted bugs",
    "",
    "Tests that pass prove little unless they fail when the code is wrong. Each bug below is planted into the contracts,",
    "alone and in a copy, and the tests beside it must then fail:",
    "",
    "```sh",
    "npm run -s test:mutants                        # all of them",
    "npm run -s test:mutants -- --only no-oracle-check",
    "```",
    "",
    `The list itself, with the exact change of each, is [planted-bugs.json](../${plantedBugsFile}). The command refuses an`,
    "entry whose original text does not stand exactly once in its file, and a bug that does not compile counts as an error",
    "of the list, never as caught. A bug that survives is a gap in the tests. After a change of the list,",
    "`npm run -s test:mutants -- --write-page` writes this page again.",
    "",
    "Files are below `contracts/`, tests below `test/contracts/`.",
    "",
    "| bug | file | what it would do | caught by |",
    "| --- | ---- | ---------------- | --------- |",
    ...rows,
    "",
  ].join("\n");
  return format(text, { parser: "markdown", printWidth: 120 });
}
