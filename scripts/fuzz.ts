import { z } from "zod";

import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { playInvariants } from "./fuzz/run-forge.ts";
import { projectRoot } from "./mutants/planted-bugs.ts";

export const fuzz = defineVerb({
  path: ["fuzz"],
  summary: "plays the contracts' invariants with a corpus: calls that reach new code are kept and varied",
  description:
    "The games of docs/invariants.md, with forge (foundry.toml) instead of Hardhat's runner, which draws every call anew. What it\n" +
    "kept is in cache/forge/corpus, and the next run begins there. To compile takes some minutes. Exit 1 if an invariant is\n" +
    "broken, with the calls that break it; exit 2 if nothing could be played.",
  options: [
    { flags: "--seconds <n>", description: "for each invariant, 5 to 3600; default: 20" },
    { flags: "--match <regex>", description: "only invariants whose name begins so, after invariant_" },
    { flags: "--seed <n>", description: "draws the same calls again, as far as the same corpus lies there" },
    { flags: "--root <folder>", description: "another project with a foundry.toml; default: this one" },
  ],
  access: "none",
  examples: ["--seconds 60 --match 0[1-4]_", "--json | jq .invariants"],
  input: z.object({
    seconds: wholeInput(5, 3_600).default(20),
    match: z.string().default(""),
    seed: wholeInput(0, Number.MAX_SAFE_INTEGER).optional(),
    root: z.string().default(projectRoot),
  }),
  async run({ seconds, match, seed, root }, { output, signal }) {
    const startedAt = performance.now();
    const invariants = await playInvariants({ root, seconds, seed, signal, pattern: `^invariant_${match}` });

    const elapsedMs = Math.round(performance.now() - startedAt);
    const broken = invariants.filter(({ holds }) => !holds);
    const calls = invariants.reduce((sum, invariant) => sum + invariant.calls, 0);
    output.json({ invariants, broken: broken.length, calls, elapsedMs });
    for (const invariant of invariants) {
      output.line(`${invariant.holds ? "holds " : "BROKEN"}  ${invariant.calls} calls  ${invariant.name}`);
      if (!invariant.holds) output.line(invariant.counterexample);
    }
    output.line(`${invariants.length} invariants, ${calls} calls, ${Math.round(elapsedMs / 1_000)} s`);

    return broken.length === 0 ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(fuzz);
