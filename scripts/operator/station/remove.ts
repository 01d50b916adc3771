import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption, stationIdInput, withLedger } from "./ledger.ts";

export const stationRemove = defineVerb({
  path: ["station", "remove"],
  summary: "takes a charging station's right to report away, and its keys",
  description: "Works beside a running service. Exit 1 if there is no such station.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [dataOption, { flags: "--dry-run", description: "only says whether there is such a station" }],
  access: "none",
  examples: ["station remove CH-0042 --data /var/lib/wattproof"],
  input: z.object({ stationId: stationIdInput, data: dataInput }),
  async run({ stationId, data }, run) {
    const { output, isDryRun } = run;
    const wasThere = await withLedger(data, run, async (store) =>
      isDryRun ? (await store.findStation(stationId)) !== null : store.removeStation(stationId),
    );
    output.json({ stationId, isDryRun, removed: wasThere && !isDryRun });
    const done = isDryRun ? "would no longer report. Nothing was written." : "may no longer report.";
    output.line(wasThere ? `${stationId} ${done}` : `There is no station ${stationId}.`);

    return wasThere ? exitCode.done : exitCode.differs;
  },
});
