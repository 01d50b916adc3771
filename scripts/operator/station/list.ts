import { z } from "zod";

import { shown } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption, withLedger } from "./ledger.ts";

export const stationList = defineVerb({
  path: ["station", "list"],
  summary: "lists the charging stations that may report, and those that knocked without being known",
  options: [dataOption],
  access: "none",
  examples: ["station list --data /var/lib/wattproof"],
  input: z.object({ data: dataInput }),
  async run({ data }, run) {
    const { output } = run;
    const { stations, wantsToJoin } = await withLedger(data, run, async (store) => ({
      stations: await store.listOcppStations(),
      wantsToJoin: await store.listUnknownStations(),
    }));
    output.json({
      stations: stations.map(({ stationId, evses, leastSecurityProfile, bootStatus, protocol, lastSeenAtMs }) => ({
        stationId,
        evses,
        securityProfile: leastSecurityProfile,
        bootStatus,
        protocol,
        lastSeenAtMs,
      })),
      wantsToJoin,
    });
    for (const { stationId, evses, protocol, lastSeenAtMs } of stations) {
      const seen = lastSeenAtMs === null ? "" : `  ${protocol ?? ""} seen ${new Date(lastSeenAtMs).toISOString()}`;
      output.line(`${stationId.padEnd(48)}  EVSE ${evses.join(", ")}${seen}`);
    }
    output.line(`${stations.length} stations`);
    for (const { stationId, address, lastSeenAtMs } of wantsToJoin) {
      const at = new Date(lastSeenAtMs).toISOString();
      output.line(`${shown(stationId).padEnd(48)}  wants to join, from ${address}, ${at}`);
    }

    return exitCode.done;
  },
});
