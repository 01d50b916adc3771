import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import fc from "fast-check";

import { failuresFirst, wordOfCheck } from "../../../services/web/page/receipt/check-words.ts";

const sources = ["services/receipts", "services/web/page/receipt"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8")),
);

/** All names that checks are given in the sources, with numbers and names in place of what is filled in. */
function namesInSources(): readonly string[] {
  const literal = /(?:\bcheck\(\s*|\bname: )(?:"([^"]+)"|`([^`]+)`)/gu;
  return sources
    .flatMap((source) => [...source.matchAll(literal)].map(([, text, template]) => text ?? template ?? ""))
    .map((name) => name.replace("${name}", name.startsWith("${name}") ? "record 7" : "erc20"))
    .map((name) => name.replace("${contract}", "chargingSettlement"));
}

describe("The words of a receipt's checks", function () {
  it("are there for every check that is made, in the user's language", function () {
    const names = namesInSources();
    expect(names).to.include.members(["form", "price", "record 7: sha256", "contract chargingSettlement: erc20"]);
    expect(names.length).to.be.greaterThan(35);
    expect(names.filter((name) => wordOfCheck(name) === null)).to.deep.equal([]);
  });

  it("are none for a check that nobody knows", function () {
    for (const name of ["", "record: sha256", "record 1: colour", "contract a", "toString", "constructor"]) {
      expect(wordOfCheck(name), name).to.equal(null);
    }
  });

  it("say which record and which contract", function () {
    expect(wordOfCheck("record 12: idTag")).to.deep.equal({ key: "check.recordTag", values: { number: "12" } });
  });

  it("stand with failures first and in their order otherwise, and none is lost", function () {
    const check = fc.record({ outcome: fc.constantFrom("holds", "fails", "warning"), name: fc.string() });
    fc.assert(
      fc.property(fc.array(check), (checks) => {
        const expected = ["fails", "warning", "holds"].flatMap((wanted) =>
          checks.filter(({ outcome }) => outcome === wanted),
        );
        expect(failuresFirst(checks)).to.deep.equal(expected);
      }),
    );
  });
});
