import { readFileSync } from "node:fs";

import { expect } from "chai";
import { z } from "zod";

import { exitCodeMeanings } from "../../../scripts/command-line/exit-codes.ts";
import { nouns } from "../../../scripts/command-line/nouns.ts";
import { runAlone, runProgram } from "../../../scripts/command-line/program.ts";
import { optionsOf } from "../../../scripts/command-line/verb-options.ts";
import type { Verb } from "../../../scripts/command-line/verb.ts";
import { verbs } from "../../../scripts/operator/verbs.ts";
import { standaloneVerbs } from "../../helpers/standalone-verbs.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Command {
  readonly name: string;
  readonly verb: Verb;
  readonly run: (...parameters: readonly string[]) => Promise<Outcome>;
}

async function outcomeOf(run: (streams: Parameters<typeof runProgram>[3]) => Promise<number>): Promise<Outcome> {
  const text = { out: "", err: "" };
  const code = await run({
    out: (more) => (text.out += more),
    err: (more) => (text.err += more),
  });
  return { code, ...text };
}

const commands: readonly Command[] = [
  ...verbs.map((verb) => ({
    name: `wattproof ${verb.path.join(" ")}`,
    verb,
    run: (...parameters: readonly string[]) =>
      outcomeOf((streams) => runProgram(verbs, [...verb.path, ...parameters], {}, streams)),
  })),
  ...standaloneVerbs.map((verb) => ({
    name: `npm run -s ${verb.path.join(":")} --`,
    verb,
    run: (...parameters: readonly string[]) => outcomeOf((streams) => runAlone(verb, parameters, {}, streams)),
  })),
];

const errorDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), title: z.string(), detail: z.string(), retryable: z.boolean() }),
});

/** Verbs that change something that cannot be taken back, as the service or a file has it; those of the chain are known. */
const changing = new Set([
  ...["deploy", "operator add", "station add", "station remove", "station command", "station bind-token"],
  ...[
    "station unbind-token",
    "tariff assign",
    "tariff unassign",
    "tariff plan end",
    "station show-codes",
    "settlement retry",
    "chain rescan",
    "restore",
  ],
  "sale publish",
]);

for (const { name, verb, run } of commands) {
  describe(`The command ${name}`, function () {
    const syntaxes = (verb.arguments ?? []).map(({ syntax }) => syntax);

    it("explains itself with an example and the exit codes", async function () {
      const { code, out, err } = await run("--help");
      expect({ code, err }).to.deep.equal({ code: 0, err: "" });
      expect(out).to.match(/^Usage: /u);
      expect(out).to.match(/\nExamples?:\n {2}/u);
      expect(out).to.contain(`  ${name}`);
      for (const [exit, meaning] of Object.entries(exitCodeMeanings)) expect(out).to.contain(`${exit} ${meaning}`);
      for (const { flags } of optionsOf(verb)) expect(out).to.contain(flags);
    });

    it("takes --json as every verb does", function () {
      expect(optionsOf(verb).map(({ flags }) => flags)).to.include("--json");
    });

    for (const { flags } of optionsOf(verb).filter((option) => option.flags.includes("<"))) {
      const [option = ""] = flags.split(" ");
      it(`does not take the next option for the value of ${option}`, async function () {
        const { code, err } = await run(...syntaxes.map(() => "1"), option, "--json");
        expect(code).to.equal(2);
        expect(err).to.match(/^USAGE_INVALID: .*value is missing/u);
      });
    }

    it("does nothing with an option that it does not have, and says which", async function () {
      const { code, out, err } = await run("--frobnicate");
      expect({ code, out }).to.deep.equal({ code: 2, out: "" });
      expect(err).to.match(/^USAGE_INVALID: .*--frobnicate/u);
      expect(err).to.contain("--help");
    });

    if (syntaxes.every((syntax) => !syntax.includes("..."))) {
      it("does nothing with an argument too many", async function () {
        const { code, out, err } = await run(...syntaxes.map(() => "1"), "one-too-many");
        expect({ code, out }).to.deep.equal({ code: 2, out: "" });
        expect(err).to.match(/^USAGE_INVALID: /u);
      });
    }

    if (syntaxes.some((syntax) => syntax.startsWith("<"))) {
      it("does nothing without an argument that it needs", async function () {
        const { code, err } = await run();
        expect(code).to.equal(2);
        expect(err).to.match(/^USAGE_INVALID: missing required argument/u);
      });
    }

    it("tells a program as JSON why it could not be done, except where standard output has results alone", async function () {
      const { code, out, err } = await run("--frobnicate", "--json");
      expect(code).to.equal(2);
      expect(err).to.contain("USAGE_INVALID");
      if (verb.writesResultsAlone === true) {
        expect(out).to.equal("");
        return;
      }
      const lines = out.trimEnd().split("\n");
      expect(lines).to.have.length(1);
      expect(errorDocument.parse(JSON.parse(lines[0] ?? "")).error.code).to.equal("USAGE_INVALID");
    });

    if (verb.access === "write" || changing.has(verb.path.join(" "))) {
      it("can be tried before it changes anything", function () {
        expect(optionsOf(verb).map(({ flags }) => flags)).to.include("--dry-run");
      });
    }
  });
}

describe("The command line as a whole", function () {
  it("has a word for each noun, and no noun without a verb", function () {
    const used = verbs.flatMap(({ path }) =>
      path.slice(0, -1).map((_word, index) => path.slice(0, index + 1).join(" ")),
    );
    expect([...new Set(used)].sort()).to.deep.equal(Object.keys(nouns).sort());
  });

  it("has each verb once", function () {
    const names = commands.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
  });

  it("knows the verbs that change something", function () {
    const names = new Set(verbs.map(({ path }) => path.join(" ")));
    expect([...changing].filter((name) => !names.has(name))).to.deep.equal([]);
  });

  it("stands behind every npm script that runs one of its files", function () {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync("package.json", "utf8")));
    const running = Object.entries(scripts).flatMap(([name, words]) => {
      const file = / scripts\/(?<file>[a-z-]+)\.ts(?: |$)/u.exec(words)?.groups?.["file"];
      return file === undefined ? [] : [{ name, file }];
    });
    // A name after a colon that runs the same file with an option is the same command.
    const own = running
      .filter(({ name, file }) => file !== "wattproof" && scripts[name]?.endsWith(`${file}.ts`) === true)
      .map(({ name }) => name);
    expect(own.sort()).to.deep.equal(standaloneVerbs.map(({ path }) => path.join(":")).sort());
    const presets = running.filter(({ file }) => file === "wattproof").map(({ name }) => [name, scripts[name]]);
    expect(Object.fromEntries(presets)).to.deep.equal(
      Object.fromEntries(
        [
          ["wattproof", ""],
          ["deploy", " deploy"],
          ["station", " station"],
          ["verify:receipt", " receipts verify --any-contracts"],
        ].map(([name, words]) => [
          name,
          `node --disable-warning=ExperimentalWarning scripts/wattproof.ts${words ?? ""}`,
        ]),
      ),
    );
  });
});
