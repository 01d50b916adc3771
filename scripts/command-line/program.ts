import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ZodError } from "zod";

import { errorCatalogue, WattproofError } from "../../services/errors.ts";
import { redactAddresses } from "../../services/observability/redact-addresses.ts";
import { readVersion } from "../../services/version.ts";
import { toCatalogueError } from "./contract-refusal.ts";
import { exitCode, exitCodeMeanings, exitCodeOf, type ExitCode } from "./exit-codes.ts";
import { nouns } from "./nouns.ts";
import { createOutput, processStreams, type Streams } from "./output.ts";
import { runVerb } from "./run-verb.ts";
import { UsageError } from "./usage.ts";
import { optionsOf } from "./verb-options.ts";
import type { Verb } from "./verb.ts";

/** What a command line leads to: a verb with arguments and options by their names. */
type Act = (verb: Verb, raw: Readonly<Record<string, unknown>>) => Promise<void>;

/**
 * Runs the program `wattproof` with these arguments.
 * @returns the exit code; nothing is thrown
 */
export function runProgram(
  verbs: readonly Verb[],
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  streams: Streams = processStreams,
): Promise<ExitCode> {
  const hasErrors = parameters.includes("--json");
  return runCommand((act) => buildProgram(verbs, act, streams), hasErrors, parameters, environment, streams);
}

/**
 * Runs a verb that is a script of package.json of its own, `npm run -s <name> --`, and is no verb of `wattproof`.
 * @returns the exit code; nothing is thrown
 */
export function runAlone(
  verb: Verb,
  parameters: readonly string[] = process.argv.slice(2),
  environment: NodeJS.ProcessEnv = process.env,
  streams: Streams = processStreams,
): Promise<ExitCode> {
  const hasErrors = parameters.includes("--json") && verb.writesResultsAlone !== true;
  return runCommand((act) => buildAlone(verb, act, streams), hasErrors, parameters, environment, streams);
}

/** @param hasErrors Whether an error is a document on standard output as well. */
async function runCommand(
  build: (act: Act) => Command,
  hasErrors: boolean,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  streams: Streams,
): Promise<ExitCode> {
  let ended: ExitCode = exitCode.done;
  const command = build(async (verb, raw) => {
    ended = await runVerb(verb, raw, environment, streams);
  });
  try {
    await command.parseAsync([...parameters], { from: "user" });

    return ended;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.done;
    return tell(error, createOutput(hasErrors, streams));
  }
}

/** Says what went wrong, for people and with `--json` for programs. */
function tell(error: unknown, output: ReturnType<typeof createOutput>): ExitCode {
  const known = explain(error);
  const { code, isRetryable } = known;
  const detail = redactAddresses(known.detail);
  output.json({ error: { code, title: errorCatalogue[code].title, detail, retryable: isRetryable } });
  output.remark(`${code}: ${detail}`);
  if (code === "USAGE_INVALID") output.remark("Run it with --help to see what it takes.");
  if (code === "INTERNAL" && error instanceof Error) output.remark(error.stack ?? "");
  else if (known.cause instanceof Error) output.remark(`  because: ${reasonOf(known.cause)}`);

  return exitCodeOf(code);
}

/** The command line of `wattproof` as a library object; each action gets arguments and options by their names. */
export function buildProgram(verbs: readonly Verb[], act: Act, streams: Streams = processStreams): Command {
  const program = prepare(new Command("wattproof"), streams)
    .description("Everything that a charge point operator does with Wattproof.")
    .version(readVersion(), "--version", "the program's version");
  program.helpCommand("help [noun]", "help for a noun or a verb");
  const parents = new Map<string, Command>();
  for (const verb of verbs) {
    let [parent, place] = [program, ""];
    for (const word of verb.path.slice(0, -1)) {
      place = place === "" ? word : `${place} ${word}`;
      const known = parents.get(place) ?? prepare(parent.command(word), streams).description(nouns[place] ?? "");
      parents.set(place, known);
      parent = known;
    }
    describe(prepare(parent.command(verb.path.at(-1) ?? ""), streams), verb, "wattproof ", act);
  }
  program.addHelpText("after", `\n${exitLine()}\nThe handbook is docs/operator.md.`);

  return program;
}

/** The command line of a verb that stands alone. */
export function buildAlone(verb: Verb, act: Act, streams: Streams = processStreams): Command {
  const name = `npm run -s ${verb.path.join(":")} --`;
  const command = describe(prepare(new Command(name), streams), verb, `${name} `, act);
  command.usage([...(verb.arguments ?? []).map(({ syntax }) => syntax), "[options]"].join(" "));

  return command;
}

function prepare(command: Command, streams: Streams): Command {
  return command
    .helpOption("--help", "this text")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        streams.out(text);
      },
      writeErr: () => undefined,
    })
    .showHelpAfterError(false);
}

/** Gives a command what its verb says: arguments, options, help, and what is to be done. */
function describe(command: Command, verb: Verb, prefix: string, act: Act): Command {
  command.summary(verb.summary);
  command.description(
    verb.description === undefined ? verb.summary : `${verb.summary}\n\n${verb.description.replaceAll("\n", " ")}`,
  );
  for (const { syntax, description } of verb.arguments ?? []) command.argument(syntax, description);
  for (const { flags, description, isRepeated = false } of optionsOf(verb)) {
    const option = new Option(flags, description);
    if (option.required) option.argParser((value: string, previous: unknown) => takeValue(value, previous, isRepeated));
    command.addOption(option);
  }
  const examples = verb.examples.map((example) => `  ${prefix}${example}`).join("\n");
  const heading = verb.examples.length === 1 ? "Example" : "Examples";
  command.addHelpText("after", `\n${heading}:\n${examples}\n\n${exitLine()}`);

  return command.action(() => {
    const names = command.registeredArguments.map((argument) => argument.name());
    const given = names.map((name, index): [string, unknown] => [camelCase(name), command.processedArgs[index]]);
    const fields = [...Object.entries(command.opts()), ...given].filter(([, value]) => value !== undefined);
    return act(verb, Object.fromEntries(fields)).catch((error: unknown) => {
      throw error instanceof ZodError ? new WattproofError("USAGE_INVALID", problemsOf(verb, error)) : error;
    });
  });
}

/** A value that was forgotten must not swallow the option behind it. A key in PEM begins with dashes, too. */
function takeValue(value: string, previous: unknown, isRepeated: boolean): string | readonly unknown[] {
  if (value.startsWith("--") && !value.startsWith("-----BEGIN "))
    throw new InvalidArgumentError("Its value is missing.");
  if (!isRepeated) return value;
  return [...(Array.isArray(previous) ? (previous as readonly unknown[]) : []), value];
}

function exitLine(): string {
  const meanings = Object.entries(exitCodeMeanings).map(([code, meaning]) => `${code} ${meaning}`);
  return `Exit: ${meanings.join("; ")}.`;
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

function reasonOf(cause: Error): string {
  if (cause instanceof ZodError) {
    return cause.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  }
  return cause.message.split("\n")[0] ?? "";
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
