import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";

describe("CONTRIBUTING.md", function () {
  const recipes = readFileSync("CONTRIBUTING.md", "utf8").split(/^### /mu).slice(1);

  it("has the five recipes", function () {
    expect(recipes.map((recipe) => recipe.split("\n")[0])).to.deep.equal([
      "Another format in which meters sign",
      "Another store",
      "An OCPP action that carries energy",
      "A component of tariffs",
      "Another chain",
    ]);
  });

  for (const recipe of recipes) {
    it(`names files and folders that exist: ${recipe.split("\n")[0] ?? ""}`, function () {
      const named = [...recipe.matchAll(/`((?:services|contracts|scripts|test|docs)\/[^`]*)`/gu)].map(
        ([, path = ""]) => path,
      );
      expect(named.length).to.be.greaterThan(2);
      expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
    });
  }
});
