import { createReadStream, readFileSync } from "node:fs";

import { z } from "zod";

import { insightTextOf, makeInsight, type InsightReport } from "../../../services/dossier/insight/report.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tableLines } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import type { Output } from "../../command-line/output.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";

/** For people; programs get all. */
const alarmsShown = 20;

export const insight = defineVerb({
  path: ["insight"],
  summary: "says what is unusual in a dossier, and forecasts energy and use of each EVSE",
  description:
    "Verifies the dossier first, without a chain. Scores sessions against the others of their meter, and tests its forecast on\n" +
    "days that it did not see (docs/insight.md). It proves nothing: it says where to look first. Everybody who has the dossier\n" +
    "comes to the same report; --check compares one with it. Exit 1 if they differ.",
  arguments: [{ syntax: "<file>", description: "the whole dossier" }],
  options: [
    { flags: "--out <file>", description: "where to write the report; default: it is shown alone" },
    { flags: "--check <report>", description: "a report that somebody else made" },
  ],
  access: "none",
  examples: [
    "insight ere-2026.json --out ere-2026.insight.json",
    "insight ere-2026.json --check ere-2026.insight.json",
  ],
  input: z.object({ file: z.string(), out: z.string().optional(), check: z.string().optional() }),
  async run({ file, out, check }, { output }) {
    const { verdict, reasons } = await judgeDossier(file, null);
    const [first] = reasons;
    if (verdict === "refused") throw new WattproofError(first?.code ?? "INTERNAL", first?.where ?? "");
    const report = await makeInsight(createReadStream(file));
    const text = insightTextOf(report);
    if (out !== undefined) writePrivateFile(out, text);
    const isSame = check === undefined ? null : readText(check) === text;
    output.json({ ...report, isSame });
    show(output, report);
    if (isSame !== null) output.line(isSame ? "The report is the same." : "The report is NOT the same.");

    return isSame === false ? exitCode.differs : exitCode.done;
  },
});

/** @throws INPUT_UNREADABLE */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new WattproofError("INPUT_UNREADABLE", path, { cause });
  }
}

function show(output: Output, { alarms, dossier, forecasts }: InsightReport): void {
  output.line(`${alarms.length} alarms in ${dossier.sessions} sessions`);
  const rows = alarms
    .slice(0, alarmsShown)
    .map(({ score, kind, meter, sessionId }) => [
      String(score),
      kind,
      `meter ${meter}`,
      sessionId ?? "all its sessions",
    ]);
  for (const line of tableLines(rows)) output.line(line);
  if (alarms.length > alarmsShown) output.line(`and ${alarms.length - alarmsShown} more`);
  for (const { evse, days, energyMicroWh } of forecasts) {
    const expected = days.reduce((sum, day) => sum + BigInt(day.energyMicroWh), 0n);
    const [model, baseline] = [energyMicroWh.model, energyMicroWh.baseline].map((error) =>
      kilowattHours(BigInt(error)),
    );
    output.line(`EVSE ${evse}: ${kilowattHours(expected)} kWh in the next ${days.length} days`);
    output.line(
      `  off by ${model} kWh a day on ${energyMicroWh.days} days not seen; last week's day by ${baseline} kWh`,
    );
  }
}
