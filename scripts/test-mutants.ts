import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";

import { z } from "zod";

import { withClosers } from "./command-line/closing.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { UsageError } from "./command-line/usage.ts";
import { defineVerb } from "./command-line/verb.ts";
import { type PlantedBug, readPlantedBugs } from "./mutants/planted-bugs.ts";
import { createSandbox, type Verdict } from "./mutants/sandbox.ts";

interface Judged {
  readonly bug: PlantedBug;
  readonly verdict: Verdict;
}

export const testMutants = defineVerb({
  path: ["test", "mutants"],
  summary: "shows that the tests of the contracts fail when the contracts are wrong",
  description:
    "Plants each bug of the list test/mutants/planted-bugs.json into a copy of the project, compiles, and runs the tests that\n" +
    "must catch it. The working tree is only read. Exit 1 if some survive; exit 2 if a bug does not fit or does not compile,\n" +
    "or if the tests fail without any bug.",
  options: [
    { flags: "--only <id>", description: "this bug only; may be given more than once", isRepeated: true },
    {
      flags: "--parallel <count>",
      description: "copies that are worked on at once, 1 to 8; default: 2, or 1 on a single core",
    },
  ],
  access: "none",
  examples: ["--only no-oracle-check"],
  input: z.object({
    only: z.array(z.string()).optional(),
    parallel: wholeInput(1, 8).default(Math.min(2, availableParallelism())),
  }),
  async run({ only, parallel }, { output }) {
    const all = readPlantedBugs();
    const startedMs = performance.now();
    const judged = await judgeAll(chooseBugs(all, only), parallel);
    if (judged === undefined) {
      return exitCode.notDone;
    }
    const seconds = Math.round((performance.now() - startedMs) / 1000);

    const having = (outcome: Verdict["outcome"]) => judged.filter(({ verdict }) => verdict.outcome === outcome);
    const [caught, survived, invalid] = [having("caught"), having("survived"), having("invalid")];
    output.json({
      bugs: judged.map(({ bug, verdict }) => ({ id: bug.id, ...verdict })),
      caught: caught.length,
      survived: survived.length,
      invalid: invalid.length,
      seconds,
    });
    output.line(`${caught.length} of ${judged.length} planted bugs are caught, in ${seconds} s.`);
    for (const { bug } of survived) {
      output.line(`survived: ${bug.id}: ${bug.meaning}`);
    }
    if (invalid.length > 0) {
      return exitCode.notDone;
    }

    return survived.length > 0 ? exitCode.differs : exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(testMutants);

function chooseBugs(all: readonly PlantedBug[], ids: readonly string[] | undefined): readonly PlantedBug[] {
  for (const id of ids ?? []) {
    if (!all.some((bug) => bug.id === id)) {
      throw new UsageError(`There is no bug "${id}" in the list`);
    }
  }

  return ids === undefined ? all : all.filter(({ id }) => ids.includes(id));
}

/**
 * Judges the bugs in several copies at once. The copies are removed, whatever happens; undefined when the process is told
 * to end before.
 */
function judgeAll(bugs: readonly PlantedBug[], parallel: number): Promise<readonly Judged[] | undefined> {
  return withClosers(async ({ closers, orInterrupted }) => {
    const folder = await mkdtemp(path.join(tmpdir(), "wattproof-mutants-"));
    const stop = new AbortController();
    const waiting = [...bugs];
    const judged: Judged[] = [];
    const workers = Array.from({ length: Math.min(parallel, bugs.length) }, async (_, index) => {
      try {
        await judgeWaiting(path.join(folder, String(index)), index === 0);
      } catch (error) {
        // One that cannot go on stops the others.
        stop.abort(error);
        throw error;
      }
    });
    closers.push(async () => {
      stop.abort(new Error("The run is over"));
      await Promise.allSettled(workers);
      await rm(folder, { recursive: true, force: true });
    });

    async function judgeWaiting(copy: string, isFirst: boolean): Promise<void> {
      const sandbox = await createSandbox(copy, stop.signal);
      closers.push(() => {
        sandbox.end();
      });
      await sandbox.build();
      if (isFirst) {
        await sandbox.requireGreen([...new Set(bugs.flatMap(({ tests }) => tests))]);
        progress("without any bug the tests pass");
      }
      for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
        stop.signal.throwIfAborted();
        const verdict = await sandbox.judge(bug);
        judged.push({ bug, verdict });
        progress(`${judged.length}/${bugs.length} ${describe(bug, verdict)}`);
      }
    }

    if ((await orInterrupted(Promise.all(workers))) === "interrupted") {
      return undefined;
    }

    return bugs.flatMap((bug) => judged.filter((entry) => entry.bug === bug));
  });
}

function describe(bug: PlantedBug, verdict: Verdict): string {
  switch (verdict.outcome) {
    case "caught":
      return `caught ${bug.id}: ${verdict.by}`;
    case "survived":
      return `SURVIVED ${bug.id}: ${bug.tests.join(", ")}`;
    case "invalid":
      return `INVALID ${bug.id}: ${verdict.why}`;
  }
}

/** So that nobody takes a long run for one that hangs. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
