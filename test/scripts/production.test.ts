import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect } from "chai";
import { z } from "zod";

const manifest = z
  .object({ dependencies: z.record(z.string(), z.string()), scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));
// Types are erased; what import() asks for is asked for when it is needed.
const importGrammar = /^(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"(?<specifier>[^"]+)";/gmu;

/** Packages that a program needs to start, by the files that import them. */
function packagesBehind(entry: string): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path) || !/\.(?:ts|mjs)$/u.test(path)) continue;
    seen.add(path);
    for (const { groups } of readFileSync(path, "utf8").matchAll(importGrammar)) {
      const specifier = groups?.["specifier"] ?? "";
      if (specifier.startsWith(".")) open.push(normalize(join(dirname(path), specifier)));
      else if (!specifier.startsWith("node:")) packages.set(packageOf(specifier), path);
    }
  }
  expect(seen.size, entry).to.be.greaterThan(100);
  return packages;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** `npm ci --omit=dev` installs what the service and the operator's program need, and nothing that only tests do. */
describe("The installation for production", function () {
  for (const entry of ["services/index.ts", "scripts/wattproof.ts"]) {
    it(`has every package with which ${entry} starts`, function () {
      const missing = [...packagesBehind(entry)].filter(([name]) => !(name in manifest.dependencies));
      expect(missing).to.deep.equal([]);
    });
  }

  it("has the Node that runs both", function () {
    expect(manifest.dependencies).to.have.property("node");
    for (const name of ["serve", "wattproof"]) expect(manifest.scripts[name]).to.match(/^node /u);
  });

  it("has no compiler, no test runner and no browser", function () {
    const unneeded = [
      "hardhat",
      "solc",
      "mocha",
      "typescript",
      "vite",
      "playwright-core",
      "@sparticuz/chromium",
      "eslint",
    ];
    expect(unneeded.filter((name) => name in manifest.dependencies)).to.deep.equal([]);
  });

  it("is copied by the container's recipe, file by file", function () {
    const recipe = readFileSync("packaging/Dockerfile", "utf8");
    const copied = [...recipe.matchAll(/^COPY (?:--\S+ )*(?<paths>.+)$/gmu)].flatMap(({ groups }) =>
      (groups?.["paths"] ?? "").split(" ").slice(0, -1),
    );
    const own = copied.filter((path) => !path.startsWith("/"));
    expect(own.length).to.be.greaterThan(3);
    expect(own.filter((path) => !existsSync(path))).to.deep.equal([]);
  });
});
