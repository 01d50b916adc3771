import type { z } from "zod";

import type { Output } from "./output.ts";
import type { ChainAccess } from "./chain-access.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Progress } from "./progress.ts";
import type { Writer } from "./transact.ts";

/** `none`: works without a chain. `chain`: reads it. `write`: sends transactions, or shows what they would cost. */
export type Access = "none" | "chain" | "write";

export interface ArgumentSpec {
  /** `<evse>`, `[evse]` or `<file...>`; the name is the field of the input. */
  readonly syntax: string;
  readonly description: string;
}

export interface OptionSpec {
  /** `--maximum-power-w <watts>`; the field of the input is maximumPowerW. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; the field is a list. */
  readonly isRepeated?: boolean;
}

/** What a verb works with besides its input. */
export interface Run {
  readonly output: Output;
  /** Ends with Ctrl-C or SIGTERM, which from the first reading on end the program no more: who reads it ends the work. */
  readonly signal: AbortSignal;
  /** By `--dry-run`: nothing is sent and nothing is written. */
  readonly isDryRun: boolean;
  /** By `--trust-endpoint`: events are what the endpoint says, unchecked. */
  readonly trustsEndpoint: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** Opens the chain that `--rpc` names, with the contracts of its deployment. It is closed with the program. */
  readonly openChain: () => Promise<ChainAccess>;
  /** Opens the account that acts, by `--account` or else by this name. */
  readonly openWriter: (accountName: string) => Promise<Writer>;
  /** A bar on a terminal, nothing elsewhere. */
  readonly startProgress: (label: string, total: number) => Progress;
}

interface VerbSpec<Schema extends z.ZodType> {
  /** Noun and verb, the verb alone, or a noun, what of it, and the verb. */
  readonly path: readonly [string] | readonly [string, string] | readonly [string, string, string];
  readonly summary: string;
  /** What a careful reader has to know before using it. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly access: Access;
  /** Reads events of the chain from the deployment on, which can be left unchecked with `--trust-endpoint`. */
  readonly readsHistory?: boolean;
  /** For `write`: whose key signs unless `--account` says otherwise. */
  readonly account?: string;
  /**
   * Standard output is one JSON document for each result, with and without `--json`, and never anything else: what went
   * wrong stands on standard error alone.
   */
  readonly writesResultsAlone?: boolean;
  readonly examples: readonly [string, ...string[]];
  /** What arguments and options have to be, by their names. */
  readonly input: Schema;
  readonly run: (input: z.output<Schema>, run: Run) => Promise<ExitCode>;
}

/** A verb of the program, whatever its input. */
export interface Verb extends Omit<VerbSpec<z.ZodType>, "run" | "input"> {
  /** Reads the input, and gives what there is to do. @throws ZodError if it cannot be read */
  prepare(raw: Readonly<Record<string, unknown>>): (run: Run) => Promise<ExitCode>;
}

/** Keeps input and action of a verb together: the input is parsed once, before anything else. */
export function defineVerb<Schema extends z.ZodType>(spec: VerbSpec<Schema>): Verb {
  const { input: schema, run: act, ...rest } = spec;
  return {
    ...rest,
    prepare(raw) {
      const input = schema.parse(raw);
      return (run) => act(input, run);
    },
  };
}
