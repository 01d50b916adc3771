import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

const ROOT = path.resolve(import.meta.dirname, "../..");
const COUNT = 22;

/** What the page says of one invariant. */
interface Row {
  readonly number: number;
  /** Names of Solidity tests. */
  readonly names: readonly string[];
  /** Files of further tests, from the project's root. */
  readonly files: readonly string[];
}

/** A test that carries the number of an invariant in its name. */
interface NumberedTest {
  readonly file: string;
  readonly name: string;
  readonly numbers: readonly number[];
}

async function rowsOfPage(): Promise<readonly Row[]> {
  const page = await readFile(path.join(ROOT, "docs/invariants.md"), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return rows
    .filter(([, number]) => /^\d+$/.test(number ?? ""))
    .map(([, number, , names, files]) => ({
      number: Number(number),
      names: [...(names ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""),
      files: [...(files ?? "").matchAll(/[\w./-]+\.test\.ts/g)].map(([file]) => `test/contracts/${file}`),
    }));
}

const kinds = [
  { ending: ".t.sol", names: /\bfunction ((?:test|invariant)\w*)\(/g, numbers: /invariant_(\d+)/g },
  { ending: ".test.ts", names: /\b(?:it|describe)\(\s*["`]([^"`]*)["`]/g, numbers: /invariant (\d+)/g },
];

async function numberedTests(ending: string): Promise<readonly NumberedTest[]> {
  const files = (await readdir(path.join(ROOT, "test"), { recursive: true })).filter((name) => name.endsWith(ending));
  const tests: NumberedTest[] = [];
  for (const file of files.map((name) => path.join("test", name))) {
    const text = await readFile(path.join(ROOT, file), "utf8");
    for (const kind of kinds.filter((other) => other.ending === ending)) {
      for (const [, name = ""] of text.matchAll(kind.names)) {
        const numbers = [...name.matchAll(kind.numbers)].map(([, number]) => Number(number));
        if (numbers.length > 0) tests.push({ file, name, numbers });
      }
    }
  }
  return tests;
}

describe("The page of invariants", () => {
  it("lists each of the 22 once, with at least one test", async () => {
    const rows = await rowsOfPage();

    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: COUNT }, (_, index) => index + 1));
    for (const { number, names, files } of rows)
      expect(names.length + files.length, `invariant ${number}`).to.be.above(0);
  });

  it("names every Solidity test that carries a number, and no other", async () => {
    const tests = await numberedTests(".t.sol");
    for (const { number, names } of await rowsOfPage()) {
      const carrying = tests.filter(({ numbers }) => numbers.includes(number)).map(({ name }) => name);
      expect(names.toSorted(), `invariant ${number}`).to.deep.equal(carrying.toSorted());
    }
    for (const { name, numbers } of tests) {
      for (const number of numbers) expect(number, name).to.be.within(1, COUNT);
    }
  });

  it("names every file of TypeScript tests that carry a number, and no other", async () => {
    const tests = await numberedTests(".test.ts");
    for (const { number, files } of await rowsOfPage()) {
      const carrying = new Set(tests.filter(({ numbers }) => numbers.includes(number)).map(({ file }) => file));
      expect(files.toSorted(), `invariant ${number}`).to.deep.equal([...carrying].toSorted());
    }
  });
});
