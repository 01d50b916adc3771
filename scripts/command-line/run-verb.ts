import { VoidSigner, type Signer } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import { accountFromEnvironment } from "./account-key.ts";
import { createOutput, processStreams, type Streams } from "./output.ts";
import { openChain, type ChainAccess } from "./chain-access.ts";
import type { ExitCode } from "./exit-codes.ts";
import { addressInput, wholeInput } from "./inputs.ts";
import { profilePathOf, readProfile } from "./profile.ts";
import { startProgress } from "./progress.ts";
import { createWriter, type Writer } from "./transact.ts";
import { optionsOf } from "./verb-options.ts";
import type { Run, Verb } from "./verb.ts";

/** What verbs have in common. A verb has of it what its options say, by name and kind of value. */
const sharedFields = {
  json: z.boolean().default(false),
  rpc: z.url("must be the address of a JSON-RPC endpoint").optional(),
  deployment: z.string().optional(),
  dryRun: z.boolean().default(false),
  trustEndpoint: z.boolean().default(false),
  from: addressInput.optional(),
  account: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,30}$/u, "must be a name in capitals, as in WATTPROOF_<name>_KEYSTORE")
    .optional(),
  confirmations: wholeInput(1, 1_000).default(1),
};
const sharedInput = z.object(sharedFields);
const sharedFlags: Readonly<Record<keyof typeof sharedFields, string>> = {
  json: "--json",
  rpc: "--rpc <url>",
  deployment: "--deployment <path>",
  dryRun: "--dry-run",
  trustEndpoint: "--trust-endpoint",
  from: "--from <address>",
  account: "--account <name>",
  confirmations: "--confirmations <n>",
};

/** What a program that was told to end takes at most to do so. */
const farewellMs = 1_000;

/**
 * Reads the options that a verb shares with others. One that has the name of another's and takes something else, as
 * `--from <time>` does, is the verb's alone.
 * @throws ZodError
 */
export function readSharedInput(verb: Verb, raw: Readonly<Record<string, unknown>>): z.output<typeof sharedInput> {
  const flags = new Set(optionsOf(verb).map((option) => option.flags));
  const shared = Object.entries(sharedFlags).filter(([, syntax]) => flags.has(syntax));
  return sharedInput.parse(Object.fromEntries(shared.map(([name]) => [name, raw[name]])));
}

/**
 * Runs a verb with what the command line said.
 * @throws ZodError, errors of the catalogue, errors of the chain's library
 */
export async function runVerb(
  verb: Verb,
  raw: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
  streams: Streams = processStreams,
): Promise<ExitCode> {
  const common = readSharedInput(verb, raw);
  const act = verb.prepare(raw);
  const isDryRun = common.dryRun;
  if (common.from !== undefined && !isDryRun) {
    throw new WattproofError("USAGE_INVALID", "--from is for --dry-run; who sends is who signs.");
  }
  const output = createOutput(common.json, streams);
  const interrupt = new AbortController();
  const stop = (): void => {
    interrupt.abort();
  };
  const opened: { chain: Promise<ChainAccess> | null } = { chain: null };

  function open(): Promise<ChainAccess> {
    opened.chain ??= openChain({
      rpcUrl: common.rpc ?? environment["WATTPROOF_RPC_URL"],
      deploymentPath: common.deployment ?? environment["WATTPROOF_DEPLOYMENT"],
    });
    return opened.chain;
  }

  async function openSigner(name: string, chain: ChainAccess): Promise<Signer> {
    if (common.from !== undefined) return new VoidSigner(common.from, chain.provider);
    const profile = name === "OPERATOR" ? readProfile(profilePathOf(chain.deploymentPath, environment)) : undefined;
    return (await accountFromEnvironment(name, environment, profile?.keystore ?? null)).connect(chain.provider);
  }

  async function openWriter(usualName: string): Promise<Writer> {
    const chain = await open();
    const signer = await openSigner(common.account ?? usualName, chain);
    return createWriter({
      chain,
      address: await signer.getAddress(),
      signer,
      isDryRun,
      confirmations: common.confirmations,
      output,
    });
  }

  const run: Run = {
    output,
    // A verb that does not ask for it is ended by the signal, as any program is.
    get signal() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop).once(signal, stop);
      return interrupt.signal;
    },
    isDryRun,
    trustsEndpoint: common.trustEndpoint,
    environment,
    openChain: open,
    openWriter,
    startProgress,
  };
  try {
    return await act(run);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    // What failed to open has been reported by whoever asked for it.
    const chain = await Promise.resolve(opened.chain).catch(() => null);
    chain?.provider.destroy();
    if (interrupt.signal.aborted) endSoon();
  }
}

/** Ends the program although an endpoint still owes an answer, once what was printed had time to go out. */
function endSoon(): void {
  setTimeout(() => {
    process.exit();
  }, farewellMs).unref();
}
