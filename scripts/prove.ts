import { availableParallelism } from "node:os";

import { exitCodes, runCommand, UsageError, wholeNumber } from "./command-line/command.ts";
import { readModels } from "./prove/models.ts";
import { type Proof, runProofs } from "./prove/run-proofs.ts";

const help = `
Proves, with the solver inside the Solidity compiler, what docs/proofs.md says of the models of the settlement contract,
and shows that the proofs notice errors: with any error of test/proofs/planted-errors.json in the model, the proof must
not succeed (refuted: the solver finds the calls that break it; undecided: it finds neither them nor a proof).

Usage: npm run prove [-- options]

  --time-limit <seconds>  for each proof, 1 to 3600; default: 300
  --jobs <n>              proofs that run at a time, 1 to 16; default: one a core, at most 4
  --json                  JSON on stdout
  --help                  this text

Exit: 0 every model proved and none with an error in it, 1 that is not so, 2 something could not be tried (a model
that does not compile, a proof whose time was over).

Example:
  npm run -s prove -- --json | jq .proofs
`;

await runCommand(
  { help, options: { "time-limit": { type: "string" }, jobs: { type: "string" } } },
  async ({ values, positionals }, output) => {
    if (positionals.length > 0) throw new UsageError("It takes options only");
    const timeLimitMs = 1_000 * wholeNumber("--time-limit", values["time-limit"] ?? "300", 1, 3_600);
    const jobs = wholeNumber("--jobs", values.jobs ?? String(Math.min(4, availableParallelism())), 1, 16);
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

    if (sums.notDone > 0) return exitCodes.notDone;
    return sums.fails === 0 ? exitCodes.asExpected : exitCodes.differs;
  },
);

function lineOf({ outcome, verdict, model, plantedError, elapsedMs }: Proof): string {
  const subject = plantedError === null ? model : `${model}, planted error: ${plantedError}`;
  return `${outcome.padEnd(9)}${verdict.padEnd(14)}${seconds(elapsedMs).padStart(7)}  ${subject}`;
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1_000).toFixed(1)} s`;
}
