import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { tariffIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { changeAssignments, changeInput, changeLines, changeOptions } from "./assignment-client.ts";

export const tariffAssign = defineVerb({
  path: ["tariff", "assign"],
  summary: "has charging points offer a published tariff; without one nobody can charge there",
  description:
    "Sessions that are opened at any other tariff are not started. Several tariffs can be assigned: drivers choose among\n" +
    "them. The most specific assignment wins: one for a group of the driver's before one for everybody; then a connector\n" +
    "before its charging point, and that before its site. Sessions that are open keep their price. All or none: if one of\n" +
    "those named cannot have the tariff, nothing changes. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<tariff-id>", description: "a tariff that the charging points' operator has published" }],
  options: [...changeOptions, { flags: "--replace", description: "end every other tariff of these charging points" }],
  access: "chain",
  readsHistory: true,
  examples: [
    "tariff assign 0x… --evse 1 --evse 2",
    "tariff assign 0x… --all --replace --dry-run",
    "tariff assign 0x… --site town-hall --group staff",
  ],
  input: z.object({ tariffId: tariffIdInput, replace: z.boolean().default(false), ...changeInput }),
  async run({ tariffId, ...input }, run) {
    const change = await changeAssignments("assign", tariffId, input, run);
    run.output.json({ isDryRun: run.isDryRun, tariffId, ...change });
    for (const line of changeLines(change, run.isDryRun)) run.output.line(line);

    return exitCode.done;
  },
});
