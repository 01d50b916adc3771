import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { expect } from "chai";
import ts from "typescript";

interface SourceFile {
  /** Below the project's folder. */
  readonly path: string;
  readonly text: string;
  /** Our own files that it imports, types included. */
  readonly targets: readonly string[];
}

const importGrammar = /\b(?:from|import)\s*\(?\s*"(?<specifier>\.[^"]+)"/gu;
/** What a reader still sees at once; longer ones are cut along what they own. */
const longestFunctionLines = 120;
/** The demo's entry, which is the demo's own. */
const demoEntry = "scripts/start.ts";

function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|tsx|mjs)$/u.test(path) && !path.startsWith("web/dist"))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      const specifiers = [...text.matchAll(importGrammar)].map(({ groups }) => groups?.["specifier"] ?? "");
      return { path, text, targets: specifiers.map((specifier) => relative(".", resolve(dirname(path), specifier))) };
    });
}

describe("The rooms of the scripts", function () {
  const scripts = readSources("scripts");
  const services = readSources("services");
  const tests = readSources("test");

  function importsOf(sources: readonly SourceFile[], isMeant: (target: string) => boolean): readonly string[] {
    return sources.flatMap(({ path, targets }) => targets.filter(isMeant).map((target) => `${path}: ${target}`));
  }

  it("are seen with their imports, by import() as well", function () {
    expect(scripts.length).to.be.greaterThan(150);
    const targetsOf = (path: string): readonly string[] => scripts.find((file) => file.path === path)?.targets ?? [];
    expect(targetsOf("scripts/operator/top/deploy.ts")).to.include.members([
      "scripts/command-line/verb.ts",
      "scripts/deploy/measure-deployment.ts",
    ]);
  });

  it("have a service that knows nothing of them", function () {
    expect(importsOf(services, (target) => target.startsWith("scripts/"))).to.deep.equal([]);
  });

  it("let nothing build on the demo", function () {
    const others = [
      ...scripts.filter(({ path }) => !path.startsWith("scripts/demo/") && path !== demoEntry),
      ...tests.filter(({ path }) => !path.startsWith("test/scripts/demo/")),
    ];
    expect(importsOf(others, (target) => target.startsWith("scripts/demo/"))).to.deep.equal([]);
  });

  it("let the local world know nothing of who plays in it", function () {
    const players = /^scripts\/(?:demo|replay|gas|ingest-bench|evidence-bench|mutants|[a-z-]+\.ts)/u;
    const world = scripts.filter(({ path }) => path.startsWith("scripts/local-world/"));
    expect(world.length).to.be.greaterThan(10);
    expect(importsOf(world, (target) => players.test(target))).to.deep.equal([]);
  });

  it("make every command of the one command line, which knows no verb", function () {
    const parsers = scripts.filter(({ text }) => /\bparseArgs\b|from "commander"/u.test(text));
    expect(parsers.map(({ path }) => path)).to.deep.equal(["scripts/command-line/program.ts"]);
    const commandLine = scripts.filter(({ path }) => path.startsWith("scripts/command-line/"));
    expect(importsOf(commandLine, (target) => target.startsWith("scripts/operator/"))).to.deep.equal([]);
  });

  it("have no function of more than 120 lines", function () {
    const long = scripts
      .filter(({ path }) => path.endsWith(".ts"))
      .flatMap(({ path, text }) => longFunctions(path, text, longestFunctionLines));
    expect(long).to.deep.equal([]);
  });

  it("would show a function that is too long", function () {
    const text = `const a = () => {\n${"b();\n".repeat(longestFunctionLines)}};\n`;
    expect(longFunctions("a.ts", text, longestFunctionLines)).to.deep.equal(["a.ts:1"]);
  });
});

/** Where functions begin that have more lines, those inside of others included. */
function longFunctions(path: string, text: string, mostLines: number): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: string[] = [];
  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node)) {
      const first = lineOf(node.getStart(source));
      if (lineOf(node.end) - first + 1 > mostLines) found.push(`${path}:${first}`);
    }
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}
