import { Presets, SingleBar } from "cli-progress";
import { z } from "zod";

import type { DossierVerdict } from "../services/dossier/verify/verify-dossier.ts";
import { withClosers } from "./command-line/closing.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import type { Output } from "./command-line/output.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import type { Books } from "./local-world/books.ts";
import { takeDataFolder } from "./local-world/data-folder.ts";
import { gasPerSession, kilowattHours, money } from "./local-world/figures.ts";
import { compileContracts } from "./local-world/compile-contracts.ts";
import { compare, type Comparison } from "./replay/comparison.ts";
import { runReplay } from "./replay/run-replay.ts";
import { scheduleSessions } from "./replay/schedule.ts";
import { readSessionsFile } from "./replay/sessions-file.ts";

const mostSessions = 1_000_000;

export const replay = defineVerb({
  path: ["replay"],
  summary: "replays a file of real charging sessions on a local chain, and compares the sums to the smallest unit",
  description:
    "Through the service's HTTP door: one simulated meter per station and plug, drivers as in the file, a published tariff,\n" +
    "and a chain whose clock follows the file. Ends by comparing what the chain holds with an independent sum over the file.\n" +
    "The file has the columns session_id, begin_local, duration_s, energy_wh, station_id, plug and driver; others are ignored.",
  arguments: [{ syntax: "<csv>", description: "the file of sessions" }],
  options: [
    { flags: "--limit <n>", description: "only the first n sessions" },
    { flags: "--dossier <file>", description: "writes a dossier of all sessions, and verifies it against the chain" },
    { flags: "--cdrs <file>", description: "writes the charge detail records (OCPI 2.2.1) of all sessions" },
  ],
  access: "none",
  examples: ["../shared/sessions/ail-2017.csv --limit 300"],
  input: z.object({
    csv: z.string(),
    limit: wholeInput(1, mostSessions).default(mostSessions),
    dossier: z.string().optional(),
    cdrs: z.string().optional(),
  }),
  async run({ csv, limit, dossier: dossierPath = null, cdrs = null }, { output }) {
    const sessions = readSessionsFile(csv, limit);
    const steps = scheduleSessions(sessions);

    return withClosers(async ({ closers, orInterrupted }) => {
      const folder = takeDataFolder(undefined);
      closers.push(() => {
        folder.release();
      });
      await compileContracts();
      const progress = startProgress(sessions.length);
      closers.push(() => {
        progress.stop();
      });
      const startedMs = performance.now();
      const outcome = await orInterrupted(
        runReplay(
          steps,
          folder,
          closers,
          (count) => {
            progress.increment(count);
          },
          { dossier: dossierPath, cdrs },
        ),
      );
      progress.stop();
      if (outcome === "interrupted") {
        return exitCode.notDone;
      }
      const wallSeconds = (performance.now() - startedMs) / 1000;
      const comparison = compare(sessions, outcome.books, outcome.sessionIds);
      const { dossier } = outcome;
      const isSame = dossier === null || isEqualTo(dossier, comparison);
      report(output, comparison, outcome.books, wallSeconds, dossier);
      if (dossier !== null) {
        output.line(`dossier           ${isSame ? "its sums are the same, and it is accepted" : "it DIFFERS"}`);
      }

      return comparison.isEqual && isSame ? exitCode.done : exitCode.differs;
    });
  },
});

if (import.meta.main) process.exitCode = await runAlone(replay);

/** It is accepted, everything in it counts, and its energy is that of the chain and of the file. */
function isEqualTo({ verdict, totals, sessions }: DossierVerdict, { chain, independent }: Comparison): boolean {
  const claimableMicroWh = BigInt(totals.claimableMicroWh);
  return (
    verdict === "accepted" &&
    totals.excludedMicroWh === "0" &&
    [chain, independent].every((sums) => sums.energyMicroWh === claimableMicroWh && sums.sessions === sessions)
  );
}

function report(
  output: Output,
  comparison: Comparison,
  books: Books,
  wallSeconds: number,
  dossier: DossierVerdict | null,
): void {
  const sessionsPerSecond = comparison.independent.sessions / wallSeconds;
  output.json({
    ...comparison,
    ...(dossier === null ? {} : { dossier }),
    books: books.checks,
    gasPerSession: gasPerSession(books),
    wallSeconds: Number(wallSeconds.toFixed(1)),
    sessionsPerSecond: Number(sessionsPerSecond.toFixed(1)),
  });
  if (!output.isJson) {
    const { opening, settlement } = gasPerSession(books);
    printComparison(output, comparison);
    output.line(`gas per session   ${opening} to open, ${settlement} to settle`);
    output.line(`time              ${wallSeconds.toFixed(1)} s, ${sessionsPerSecond.toFixed(1)} sessions per second`);
    output.line(comparison.isEqual ? "The sums are equal." : "The sums DIFFER.");
  }
}

function startProgress(total: number): SingleBar {
  const progress = new SingleBar(
    {
      stream: process.stderr,
      format: "{bar} {percentage} % | {value} of {total} sessions | {duration} s",
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  );
  progress.start(total, 0);

  return progress;
}

function printComparison(output: Output, { chain, independent, differingSessions }: Comparison): void {
  const rows = [
    ["", "on chain", "from the file"],
    ["sessions settled", chain.sessions.toString(), independent.sessions.toString()],
    ["of them free", chain.zeroEnergySessionsFree.toString(), independent.zeroEnergySessionsFree.toString()],
    ["kWh", kilowattHours(chain.energyMicroWh), kilowattHours(independent.energyMicroWh)],
    ["charged", money(chain.chargedMicro), money(independent.chargedMicro)],
    ["returned", money(chain.returnedMicro), money(independent.returnedMicro)],
    ["operator credit", money(chain.creditMicro), money(independent.creditMicro)],
  ];
  for (const [title = "", left = "", right = ""] of rows) {
    output.line(`${title.padEnd(18)}${left.padStart(20)}${right.padStart(20)}`);
  }
  if (differingSessions.length > 0) {
    output.line(`Sessions that differ: ${differingSessions.slice(0, 20).join(", ")}`);
  }
}
