import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { ZodError } from "zod";

import { buildAlone, buildProgram } from "../../scripts/command-line/program.ts";
import { readSharedInput } from "../../scripts/command-line/run-verb.ts";
import { optionsOf } from "../../scripts/command-line/verb-options.ts";
import { verbs } from "../../scripts/operator/verbs.ts";
import { standaloneVerbs } from "../helpers/standalone-verbs.ts";

/** A command line of one of our programs, and where it is written. */
interface WrittenCommand {
  readonly place: string;
  /** `wattproof`, or the script of package.json that stands alone. */
  readonly program: string;
  readonly words: readonly string[];
}

/** What these scripts of package.json put before what is written. */
const presets: Readonly<Record<string, readonly string[]>> = {
  wattproof: [],
  deploy: ["deploy"],
  station: ["station"],
  "verify:receipt": ["receipts", "verify", "--any-contracts"],
};
const standalone = new Map(standaloneVerbs.map((verb) => [verb.path.join(":"), verb]));

/** Gaps that a number fills. */
const numberGap = /<(?:n|evse|block|number|seconds|count|bytes)>/gu;
/** What stands for something in the documents, by what it may stand for: an address, a hash. */
const standIns = [`0x${"00".repeat(20)}`, `0x${"00".repeat(32)}`];

function documents(): readonly string[] {
  const names = readdirSync("docs", { recursive: true, encoding: "utf8" }).map((name) => join("docs", name));
  return ["README.md", ...names.filter((name) => name.endsWith(".md"))];
}

/** Lines that a shell would run: of the blocks of code, with continued lines joined, and of code within sentences. */
function shellLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```[a-z]*\n(?<code>[\s\S]*?)^ *```/gmu)].map(
    (match) => match.groups?.["code"] ?? "",
  );
  const inline = [...text.replaceAll(/```[\s\S]*?```/gu, "").matchAll(/`(?<code>[^`\n]+)`/gu)];
  return [
    ...blocks.flatMap((block) => block.replaceAll(/\\\n\s*/gu, " ").split("\n")).map(withoutComment),
    ...inline.map((match) => match.groups?.["code"] ?? ""),
  ];
}

function withoutComment(line: string): string {
  return line.replace(/ +#.*$/u, "");
}

/** Words as a shell would see them. Names of the environment before the program are left out, and files behind `>`. */
function wordsOf(command: string): readonly string[] {
  const found = [...command.matchAll(/(?<quote>['"])(?<quoted>.*?)\k<quote>|(?<bare>[^\s'"]+)/gu)];
  const words = found.map((match) => match.groups?.["quoted"] ?? match.groups?.["bare"] ?? "");
  const first = words.findIndex((word) => !/^[A-Z_]+=/u.test(word));
  const redirection = words.indexOf(">");
  return first < 0 ? [] : words.slice(first, redirection < 0 ? undefined : redirection);
}

function commandsOf(place: string, text: string): readonly WrittenCommand[] {
  const all = shellLines(text).flatMap((line) => line.split("&&"));
  return all.flatMap((command) => {
    // A gap of several words in a sentence is one argument.
    const words = wordsOf(command.trim().replaceAll(/<[^<>]*>/gu, (gap) => gap.replaceAll(" ", "-")));
    const found = programOf(words);
    if (found === null) return [];
    const { program, words: rest } = found;
    // A synopsis says what can be given, not what is.
    const isShown = rest.some((word) => /^(?:--help|help|<(?:noun|verb)>|\[.*|…)$/u.test(word));
    // A sentence that says which verb does something gives no command line.
    const isName =
      (rest.length === 0 && program !== "start") ||
      verbs.some(
        ({ path, arguments: needed, options }) =>
          (needed !== undefined || options !== undefined) && path.join(" ") === rest.join(" "),
      );
    return isShown || isName ? [] : [{ place, program, words: rest }];
  });
}

/** Which program a command line runs, with the words that it gets; null if it is none of ours. */
function programOf(words: readonly string[]): Pick<WrittenCommand, "program" | "words"> | null {
  if (words[0] === "wattproof" && words.length > 1) return { program: "wattproof", words: words.slice(1) };
  const script = /^npm (?:run (?:-s )?(?<name>[a-z][a-z:-]*)|(?<start>start))(?: -- |$)/u.exec(words.join(" "))?.groups;
  const name = script?.["name"] ?? script?.["start"];
  if (name === undefined) return null;
  const given = words.includes("--") ? words.slice(words.indexOf("--") + 1) : [];
  const preset = presets[name];
  // The name of a script alone says which one; what it takes is said elsewhere.
  if (preset !== undefined) return { program: "wattproof", words: given.length === 0 ? [] : [...preset, ...given] };
  return standalone.has(name) ? { program: name, words: given } : null;
}

/** Why the program would not take a command line; null if it would. Nothing is run. */
async function complaintOf(words: readonly string[], programName = "wattproof"): Promise<string | null> {
  const alone = standalone.get(programName);
  const complaints: string[] = [];
  for (const standIn of standIns) {
    const parameters = words.map((word) =>
      word
        .replaceAll(numberGap, "1")
        .replaceAll(/<action>/giu, "Reset")
        .replaceAll("<url>", "http://127.0.0.1:8545")
        .replaceAll(/0x…|<[^<>]+>/gu, standIn),
    );
    const taken: string[] = [];
    const act: Parameters<typeof buildProgram>[1] = (verb, raw) => {
      readSharedInput(verb, raw);
      verb.prepare(raw);
      taken.push(verb.path.join(" "));
      return Promise.resolve();
    };
    const program = alone === undefined ? buildProgram(verbs, act) : buildAlone(alone, act);
    try {
      await program.parseAsync(parameters, { from: "user" });
      if (taken.length === 1) return null;
      complaints.push("no verb");
    } catch (error) {
      complaints.push(error instanceof ZodError || error instanceof Error ? error.message : String(error));
    }
  }
  return complaints.join(" / ");
}

describe("The command lines in the documents", () => {
  const written = [
    ...documents().flatMap((place) => commandsOf(place, readFileSync(place, "utf8"))),
    ...[...verbs, ...standaloneVerbs].flatMap(({ path, examples }) =>
      examples.map((example) => ({
        place: `help of ${path.join(" ")}`,
        program: standalone.has(path.join(":")) ? path.join(":") : "wattproof",
        // What follows a pipe is another program's.
        words: wordsOf(example.split(" | ")[0] ?? ""),
      })),
    ),
  ];

  it("are found, the one that writes the month's sessions among them", () => {
    const handbook = written
      .filter(({ place }) => place === join("docs", "operator.md"))
      .map(({ words }) => words.join(" "));
    expect(handbook).to.include("export cdr --format csv --from 2027-01-01 --to 2027-02-01 --out january.csv");
    expect(handbook.length).to.be.at.least(15);
  });

  it("are found of scripts that stand alone and of those that are verbs, too", () => {
    const places = new Set(written.map(({ place }) => place));
    expect([...places]).to.include.members(["README.md", join("docs", "chargers.md")]);
    expect(new Set(written.map(({ program }) => program)).size).to.be.at.least(6);
  });

  for (const { place, program, words } of written) {
    it(`are taken: ${program} ${words.join(" ")} (${place})`, async () => {
      expect(await complaintOf(words, program)).to.equal(null);
    });
  }

  it("would be refused if an option were not there", async () => {
    expect(await complaintOf(["export", "cdr", "--since", "2027-01-01"])).to.contain("--since");
    expect(await complaintOf(["export", "cdr", "--from", "yesterday"])).to.contain('"from"');
  });

  it("name scripts that there are", () => {
    const content = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = documents().flatMap((place) =>
      [...readFileSync(place, "utf8").matchAll(/npm run (?:-s )?(?<name>[a-z][a-z:-]*)/gu)].map(
        (match) => match.groups?.["name"] ?? "",
      ),
    );
    expect(named.filter((name) => !(name in content.scripts))).to.deep.equal([]);
  });
});

describe("The options of each verb", () => {
  for (const verb of verbs) {
    it(`have names of their own: ${verb.path.join(" ")}`, () => {
      const names = optionsOf(verb).map(({ flags }) => /--[a-z-]+/u.exec(flags)?.[0]);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
    });
  }

  it("are shared where they take the same, and are the verb's alone where they do not", () => {
    const [exporting, retrying] = ["export cdr", "settlement retry"].map((name) =>
      verbs.find(({ path }) => path.join(" ") === name),
    );
    if (exporting === undefined || retrying === undefined) expect.fail("There are these verbs.");
    expect(readSharedInput(exporting, { from: "2027-01-01" }).from).to.equal(undefined);
    expect(readSharedInput(retrying, { dryRun: true }).dryRun).to.equal(true);
  });
});
