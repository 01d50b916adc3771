import { readFileSync } from "node:fs";

import { Command, CommanderError, Option } from "commander";
import { ZodError } from "zod";

import { errorCatalogue, WattproofError } from "../../services/errors.ts";
import { createOutput, UsageError } from "./command.ts";
import { toCatalogueError } from "./contract-refusal.ts";
import { exitCode, exitCodeOf, type ExitCode } from "./exit-codes.ts";
import { nouns } from "./nouns.ts";
import { runVerb } from "./run-verb.ts";
import { optionsOf } from "./verb-options.ts";
import type { Verb } from "./verb.ts";

/**
 * Runs the program with these arguments.
 * @returns the exit code; nothing is thrown
 */
export async function runProgram(
  verbs: readonly Verb[],
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const output = createOutput(parameters.includes("--json"));
  let ended: ExitCode = exitCode.done;
  const program = buildProgram(verbs, async (verb, raw) => {
    ended = await runVerb(verb, raw, environment);
  });
  try {
    await program.parseAsync([...parameters], { from: "user" });

    return ended;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.done;
    const known = explain(error);
    const { code, detail, isRetryable } = known;
    output.json({ error: { code, title: errorCatalogue[code].title, detail, retryable: isRetryable } });
    process.stderr.write(`${known.code}: ${detail}\n`);
    if (known.code === "INTERNAL" && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
    if (known.cause instanceof Error && known.code !== "INTERNAL") {
      process.stderr.write(`  because: ${known.cause.message.split("\n")[0] ?? ""}\n`);
    }

    return exitCodeOf(code);
  }
}

/** The command line as a library object; each action gets arguments and options by their names. */
export function buildProgram(
  verbs: readonly Verb[],
  act: (verb: Verb, raw: Readonly<Record<string, unknown>>) => Promise<void>,
): Command {
  const program = new Command("wattproof")
    .description("Everything that a charge point operator does with Wattproof.")
    .version(readVersion(), "--version", "the program's version")
    .helpOption("--help", "this text")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showHelpAfterError(false);
  program.helpCommand("help [noun]", "help for a noun or a verb");
  const parents = new Map<string, Command>();
  for (const verb of verbs) {
    const [first, second] = verb.path;
    let parent = program;
    if (second !== undefined) {
      parent = parents.get(first) ?? subcommand(program, first).description(nouns[first] ?? "");
      parents.set(first, parent);
    }
    addVerb(parent, verb, act);
  }
  program.addHelpText(
    "after",
    "\nExit: 0 done and as expected, 1 refused or not so, 2 could not be done.\n" + "The handbook is docs/operator.md.",
  );

  return program;
}

function addVerb(
  parent: Command,
  verb: Verb,
  act: (verb: Verb, raw: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  const command = subcommand(parent, verb.path[1] ?? verb.path[0]).summary(verb.summary);
  command.description(
    verb.description === undefined ? verb.summary : `${verb.summary}\n\n${verb.description.replaceAll("\n", " ")}`,
  );
  for (const { syntax, description } of verb.arguments ?? []) command.argument(syntax, description);
  for (const { flags, description, isRepeated = false } of optionsOf(verb)) {
    const option = new Option(flags, description);
    if (isRepeated) {
      option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
    }
    command.addOption(option);
  }
  const examples = verb.examples.map((example) => `  wattproof ${example}`).join("\n");
  command.addHelpText("after", `\n${verb.examples.length === 1 ? "Example" : "Examples"}:\n${examples}`);
  command.action(() => {
    const names = command.registeredArguments.map((argument) => argument.name());
    const given = names.map((name, index): [string, unknown] => [camelCase(name), command.processedArgs[index]]);
    const fields = [...Object.entries(command.opts()), ...given].filter(([, value]) => value !== undefined);
    return act(verb, Object.fromEntries(fields)).catch((error: unknown) => {
      throw error instanceof ZodError ? new WattproofError("USAGE_INVALID", problemsOf(verb, error)) : error;
    });
  });
}

function subcommand(parent: Command, name: string): Command {
  return parent
    .command(name)
    .helpOption("--help", "this text")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/gu, (_match, letter: string) => letter.toUpperCase());
}

function explain(error: unknown): WattproofError {
  if (error instanceof CommanderError) {
    const text = error.code === "commander.help" ? "Say what to do; --help lists it." : error.message;
    return new WattproofError("USAGE_INVALID", text.replace(/^error: /u, ""));
  }
  if (error instanceof UsageError) return new WattproofError("USAGE_INVALID", error.message);

  return toCatalogueError(error);
}

/** What is wrong with the input, by the names under which it was given. */
function problemsOf(verb: Verb, error: ZodError): string {
  const named = [...(verb.arguments ?? []).map(({ syntax }) => syntax), ...optionsOf(verb).map(({ flags }) => flags)];
  const problems = error.issues.map(({ path, message }) => {
    const field = String(path[0] ?? "");
    const name = named.find((text) => camelCase(/[a-z][a-z-]*/u.exec(text)?.[0] ?? "") === field);
    return `${name ?? field} ${message.endsWith("received undefined") ? "has to be given" : message}`;
  });

  return `${problems.join("; ")}.`;
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const content: unknown = JSON.parse(text);
  return typeof content === "object" && content !== null && "version" in content ? String(content.version) : "0";
}
