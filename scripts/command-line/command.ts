import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

import { ZodError } from "zod";

import { WattproofError } from "../../services/errors.ts";

/** How a command ends: done and as expected, done and something differs, could not be done. */
export const exitCodes = { asExpected: 0, differs: 1, notDone: 2 } as const;

/** The command cannot be done with what it was given; the message says what to change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Where a command writes. With `--json` stdout carries JSON only, and everything else goes to stderr. */
export interface Output {
  readonly isJson: boolean;
  /** For people: progress and explanation. */
  line(text?: string): void;
  /** For programs: one JSON document on one line; written only with `--json`. */
  json(value: unknown): void;
}

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>
>;

/** What every command understands besides its own options. */
const commonOptions = { json: { type: "boolean" }, help: { type: "boolean" } } as const;

/**
 * Runs a command: parses its arguments, answers `--help`, and turns the outcome into an exit code.
 *
 * @param help What `--help` prints: purpose, usage, options, an example.
 */
export async function runCommand<const Options extends ParseArgsOptionsConfig>(
  command: { readonly help: string; readonly options: Options },
  run: (parsed: Parsed<Options & typeof commonOptions>, output: Output) => Promise<number>,
): Promise<void> {
  const wantsJson = process.argv.includes("--json");
  try {
    const parsed = parseArgs({
      args: process.argv.slice(2),
      options: { ...command.options, ...commonOptions },
      allowPositionals: true,
      strict: true,
    });
    if (process.argv.includes("--help")) {
      process.stdout.write(`${command.help.trim()}\n`);
      return;
    }
    process.exitCode = await run(parsed, createOutput(wantsJson));
  } catch (error) {
    process.exitCode = exitCodes.notDone;
    process.stderr.write(`${explain(error)}\n`);
  }
}

/** Output to this process's own streams. */
export function createOutput(isJson: boolean): Output {
  return {
    isJson,
    line(text = "") {
      (isJson ? process.stderr : process.stdout).write(`${text}\n`);
    },
    json(value) {
      if (isJson) {
        process.stdout.write(`${toJson(value)}\n`);
      }
    },
  };
}

/** JSON in which large integers are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}

/** A whole number given as text, within limits. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^[0-9]{1,15}$/u.test(text) || value < least || value > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, and is "${text}"`);
  }

  return value;
}

function explain(error: unknown): string {
  if (error instanceof UsageError || isArgumentError(error)) {
    return `${error.message}\nRun it with --help to see what it takes.`;
  }
  if (error instanceof WattproofError) {
    return `${error.message}${error.cause === undefined ? "" : `\n  because: ${reasonOf(error.cause)}`}`;
  }

  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ZodError) {
    return cause.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  }

  return cause instanceof Error ? cause.message : String(cause);
}
