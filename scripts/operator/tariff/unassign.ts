import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { tariffIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { changeAssignments, changeInput, changeLines, changeOptions } from "./assignment-client.ts";

export const tariffUnassign = defineVerb({
  path: ["tariff", "unassign"],
  summary: "has charging points no longer offer a tariff; open sessions keep it",
  description:
    "A charging point that is left without any tariff cannot be used. What drivers signed just before still opens for\n" +
    "WATTPROOF_TARIFF_GRACE_SECONDS. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<tariff-id>", description: "the tariff" }],
  options: changeOptions,
  access: "chain",
  readsHistory: true,
  examples: ["tariff unassign 0x… --evse 1"],
  input: z.object({ tariffId: tariffIdInput, ...changeInput }),
  async run({ tariffId, ...input }, run) {
    const change = await changeAssignments("unassign", tariffId, input, run);
    run.output.json({ isDryRun: run.isDryRun, tariffId, ...change });
    for (const line of changeLines(change, run.isDryRun)) run.output.line(line);

    return exitCode.done;
  },
});
