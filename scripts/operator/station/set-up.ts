import { z } from "zod";

import { setUpReport, type SetUpReport } from "../../../services/charging/set-up/set-up-station.ts";
import { shown, tableLines, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { UsageError } from "../../command-line/usage.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { stationIdInput } from "./ledger.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";

const done = z.object({ report: setUpReport });
const state = z.object({ isDue: z.boolean(), last: setUpReport.nullable() });
/** A charger may take its time for each of its settings. */
const timeoutMs = 600_000;

export const stationSetUp = defineVerb({
  path: ["station", "set-up"],
  summary: "brings a charger's configuration to what settlement needs: readings, signing, clock, limits",
  description:
    "The service does so by itself once, after the first boot of a charger that was added. Later it changes nothing unless it\n" +
    "is asked here. A list of measurands keeps what it has; a setting that the charger does not know is left out. Where a\n" +
    "change needs a restart, the charger restarts if nobody charges there. Asks with the operator's key,\n" +
    "WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [
    { flags: "--last", description: "only says what the last set-up changed" },
    ...serviceOptions,
    { flags: "--dry-run", description: "only says what would be changed" },
  ],
  access: "none",
  examples: ["station set-up CH-0042 --dry-run", "station set-up CH-0042 --last"],
  input: z.object({ stationId: stationIdInput, last: z.boolean().default(false), ...serviceInputs }),
  async run({ stationId, last: isLast, ...place }, run) {
    const { output, isDryRun } = run;
    if (isLast && isDryRun) throw new UsageError("--last changes nothing: --dry-run does not go with it");
    const service = openStationService(place, run);
    const path = `/v1/stations/${encodeURIComponent(stationId)}`;
    if (isLast) {
      const { isDue, last } = await service.getAsOperator(`${path}/last-set-up`, state);
      output.json({ stationId, isDue, last });
      if (last === null)
        output.line(isDue ? "It has not booted yet." : "It was never set up: the service left it alone.");
      else for (const line of linesOf(last)) output.line(line);
      return exitCode.done;
    }
    const { report } = await service.post(`${path}/set-up`, done, { dryRun: isDryRun }, timeoutMs);
    output.json({ stationId, isDryRun, report });
    for (const line of linesOf(report)) output.line(line);
    const isRefused = report.settings.some(({ outcome }) => outcome === "refused" || outcome === "read-only");
    return isRefused ? exitCode.differs : exitCode.done;
  },
});

function linesOf({ atMs, by, protocol, settings, reboot }: SetUpReport): readonly string[] {
  const rows = settings.map(({ key, before, value, outcome, isNeeded }) => [
    shown(key),
    outcome,
    value === null ? shown(before ?? "") : `${shown(before ?? "nothing")} to ${shown(value)}`,
    isNeeded ? "needed" : "",
  ]);
  const restart = {
    none: [],
    ordered: ["it restarts"],
    refused: ["it refuses to restart"],
    waits: ["restart it later"],
  };
  return [`${protocol}, ${utc(Math.floor(atMs / 1_000))} by ${shown(by)}`, ...tableLines(rows), ...restart[reboot]];
}
