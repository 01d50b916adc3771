import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { occurrencesOf, plant, projectRoot, readPlantedBugs } from "../../scripts/mutants/planted-bugs.ts";

function read(file: string): string {
  return readFileSync(path.join(projectRoot, file), "utf8");
}

describe("The list of planted bugs", () => {
  const bugs = readPlantedBugs();

  it("changes text that stands exactly once in its file, and changes it", () => {
    for (const bug of bugs) {
      const text = read(bug.file);
      expect(occurrencesOf(bug.original, text), bug.id).to.equal(1);
      expect(plant(bug, text), bug.id).to.not.equal(text);
    }
  });

  it("refuses to plant where the text does not stand, and where it stands twice", () => {
    const [bug] = bugs;
    if (bug === undefined) throw new Error("The list is empty");

    expect(() => plant(bug, "")).to.throw(RangeError);
    expect(() => plant(bug, bug.original + bug.original)).to.throw(RangeError);
  });

  it("gives every bug an id and a change of its own", () => {
    expect(new Set(bugs.map(({ id }) => id)).size).to.equal(bugs.length);
    const changes = bugs.map(({ file, original, replacement }) => JSON.stringify([file, original, replacement]));
    expect(new Set(changes).size).to.equal(bugs.length);
  });

  it("names contracts and tests that exist", () => {
    for (const bug of bugs) {
      for (const file of [...bug.compiles, ...bug.tests]) {
        expect(existsSync(path.join(projectRoot, file)), `${bug.id}: ${file}`).to.equal(true);
      }
    }
  });
});
