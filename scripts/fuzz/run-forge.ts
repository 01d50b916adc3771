import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { WattproofError } from "../../services/errors.ts";
import { runNode } from "../mutants/bounded-process.ts";
import { projectRoot } from "../mutants/planted-bugs.ts";

/** What became of one invariant that was played. */
export interface PlayedInvariant {
  readonly name: string;
  readonly holds: boolean;
  /** Calls of the handlers between which it was looked at. */
  readonly calls: number;
  /** The calls that break it, as few as were found; empty if it holds. */
  readonly counterexample: string;
}

export interface ForgeGame {
  /** Where foundry.toml, contracts and tests are. */
  readonly root: string;
  /** How long each invariant is played. */
  readonly seconds: number;
  /** Which invariants, as a regular expression of the whole name. */
  readonly pattern: string;
  readonly seed: number | undefined;
  readonly signal: AbortSignal;
}

const forge = fileURLToPath(import.meta.resolve("@foundry-rs/forge/bin.mjs"));
/** Time ends a game before so many runs do. */
const endlessRuns = "1000000000";
/** Compiling takes minutes, and all invariants together up to an hour. */
const longestMs = 3 * 3_600_000;
/** A verdict, behind it the calls that break the invariant, and its name with what was played. */
const verdicts =
  /^\[(?<verdict>PASS|FAIL)(?:: (?<reason>[^\n]*))?\](?<calls>(?:\n\t[^\n]*)*)\s+(?<name>invariant_\w+)\(\) \(runs: \d+, calls: (?<count>\d+)/gmu;

/**
 * Compiles contracts and games with forge, and has it play the invariants of the test contracts that are named so. It keeps the sequences of calls that
 * reached code that no other reached, and varies them.
 * @throws FUZZING_FAILED if nothing was played to the end
 */
export async function playInvariants({ root, seconds, pattern, seed, signal }: ForgeGame): Promise<PlayedInvariant[]> {
  const seeded = seed === undefined ? [] : ["--fuzz-seed", String(seed)];
  const chosen = ["--match-contract", "Invariants$", "--match-test", pattern];
  const { text, isTimedOut } = await runNode([forge, "test", ...chosen, ...seeded], {
    folder: root,
    timeoutMs: longestMs,
    signal,
    environment: {
      FOUNDRY_INVARIANT_TIMEOUT: String(seconds),
      FOUNDRY_INVARIANT_RUNS: endlessRuns,
      FOUNDRY_SOLC: join(projectRoot, "scripts/fuzz/solc.mjs"),
    },
  });
  // Failures are told twice; the list of them stands at the end.
  const [told = ""] = text.split("\nFailing tests:");
  const played = [...told.matchAll(verdicts)].map(({ groups = {} }): PlayedInvariant => ({
    name: groups["name"] ?? "",
    holds: groups["verdict"] === "PASS",
    calls: Number(groups["count"]),
    counterexample: `${groups["reason"] ?? ""}${groups["calls"] ?? ""}`,
  }));
  if (played.length > 0 && !isTimedOut) return played;
  throw new WattproofError("FUZZING_FAILED", text.trim().slice(-2_000));
}
