import { readFileSync } from "node:fs";

import { expect } from "chai";
import { z } from "zod";

describe("The page about benchmarks", function () {
  const page = readFileSync("docs/benchmarks.md", "utf8");

  it("names every benchmark that there is", function () {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    const benchmarks = Object.keys(scripts).filter((name) => name.startsWith("bench:"));
    expect(benchmarks).not.to.deep.equal([]);
    expect(benchmarks.filter((name) => !page.includes(`npm run -s ${name}`))).to.deep.equal([]);
  });

  it("has the figures of gas that the page about gas has", function () {
    const gas = readFileSync("docs/gas.md", "utf8");
    const figures = [...page.matchAll(/\| (?<figure>[0-9,]+) gas\b/gu)].map(({ groups }) => groups?.["figure"] ?? "");
    expect(figures).to.have.lengthOf(3);
    expect(figures.filter((figure) => !gas.includes(figure))).to.deep.equal([]);
  });
});
