import { availableParallelism } from "node:os";

import { z } from "zod";

import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { readModels } from "./prove/models.ts";
import { type Proof, runProofs } from "./prove/run-proofs.ts";

export const prove = defineVerb({
  path: ["prove"],
  summary: "proves what docs/proofs.md says of the models of the settlement contract",
  description:
    "With the solver inside the Solidity compiler. It also shows that the proofs notice errors: with any error of\n" +
    "test/proofs/planted-errors.json in the model, the proof must not succeed (refuted: the solver finds the calls that break\n" +
    "it; undecided: it finds neither them nor a proof). Exit 2 if something could not be tried: a model that does not\n" +
    "compile, a proof whose time was over.",
  options: [
    { flags: "--time-limit <seconds>", description: "for each proof, 1 to 3600; default: 300" },
    { flags: "--jobs <n>", description: "proofs that run at a time, 1 to 16; default: one a core, at most 4" },
  ],
  access: "none",
  examples: ["--json | jq .proofs"],
  input: z.object({
    timeLimit: wholeInput(1, 3_600).default(300),
    jobs: wholeInput(1, 16).default(Math.min(4, availableParallelism())),
  }),
  async run({ timeLimit, jobs }, { output }) {
    const timeLimitMs = 1_000 * timeLimit;
    const startedAt = performance.now();

    const proofs = await runProofs(readModels(), { timeLimitMs, jobs }, (proof) => {
      output.line(lineOf(proof));
      for (const remark of proof.outcome === "holds" ? [] : proof.remarks) output.line(`  ${remark}`);
    });

    const elapsedMs = Math.round(performance.now() - startedAt);
    const count = (outcome: Proof["outcome"]): number => proofs.filter((proof) => proof.outcome === outcome).length;
    const sums = { holds: count("holds"), fails: count("fails"), notDone: count("not done") };
    output.json({ proofs, ...sums, elapsedMs });
    output.line(`${sums.holds} hold, ${sums.fails} fail, ${sums.notDone} not done; ${seconds(elapsedMs)}`);

    if (sums.notDone > 0) return exitCode.notDone;
    return sums.fails === 0 ? exitCode.done : exitCode.differs;
  },
});

if (import.meta.main) process.exitCode = await runAlone(prove);

function lineOf({ outcome, verdict, model, plantedError, elapsedMs }: Proof): string {
  const subject = plantedError === null ? model : `${model}, planted error: ${plantedError}`;
  return `${outcome.padEnd(9)}${verdict.padEnd(14)}${seconds(elapsedMs).padStart(7)}  ${subject}`;
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1_000).toFixed(1)} s`;
}
