import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

const ROOT = path.resolve(import.meta.dirname, "../..");
const STATES = ["shown", "in part", "not yet"];

interface Row {
  readonly number: number;
  readonly state: string;
  readonly files: readonly string[];
}

async function rowsOfPage(): Promise<Row[]> {
  const page = await readFile(path.join(ROOT, "docs/invariants.md"), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return rows
    .filter(([, number]) => /^\d+$/.test(number ?? ""))
    .map(([, number, , state, where]) => ({
      number: Number(number),
      state: state ?? "",
      files: [...(where ?? "").matchAll(/test\/[\w./-]+\.(?:ts|t\.sol)/g)].map(([file]) => file),
    }));
}

/** The invariants that the names of a file's tests carry. */
async function numbersIn(file: string): Promise<Set<number>> {
  const text = await readFile(path.join(ROOT, file), "utf8");
  const names = [
    ...text.matchAll(/\b(?:it|describe)\(\s*(?:"([^"]*)"|`([^`]*)`)/g),
    ...text.matchAll(/\bfunction ((?:test|invariant)\w*)\(/g),
  ].map(([, first, second]) => first ?? second ?? "");
  const numbers = names.flatMap((name) =>
    [...name.matchAll(/invariant[ _](\d+)/g)].map(([, number]) => Number(number)),
  );
  return new Set(numbers);
}

describe("The page of invariants", () => {
  it("lists each of the 22 once, in a known state", async () => {
    const rows = await rowsOfPage();

    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: 22 }, (_, index) => index + 1));
    for (const { number, state } of rows) expect(STATES, `invariant ${number}`).to.include(state);
  });

  it("names for each invariant that is shown the files whose tests carry its number", async () => {
    for (const { number, state, files } of await rowsOfPage()) {
      if (state === "not yet") {
        expect(files, `invariant ${number}`).to.deep.equal([]);
        continue;
      }
      expect(files, `invariant ${number}`).to.not.deep.equal([]);
      for (const file of files) expect(await numbersIn(file), `${file}, invariant ${number}`).to.include(number);
    }
  });

  it("knows every invariant that a test carries in its name", async () => {
    const shown = new Map((await rowsOfPage()).map((row) => [row.number, row]));
    const files = (await readdir(path.join(ROOT, "test"), { recursive: true })).filter((name) =>
      /\.test\.ts$|\.t\.sol$/.test(name),
    );
    for (const file of files) {
      for (const number of await numbersIn(path.join("test", file))) {
        expect(shown.get(number)?.state, `${file}, invariant ${number}`).to.be.oneOf(["shown", "in part"]);
      }
    }
  });
});
