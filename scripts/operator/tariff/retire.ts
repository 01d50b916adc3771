import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { tariffIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const tariffRetire = defineVerb({
  path: ["tariff", "retire"],
  summary: "ends the offer of a tariff; open sessions keep it, and tariff publish offers it again",
  arguments: [{ syntax: "<tariff-id>", description: "the tariff" }],
  access: "write",
  account: "OPERATOR",
  examples: ["tariff retire 0x… --dry-run"],
  input: z.object({ tariffId: tariffIdInput }),
  async run({ tariffId }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const intent = { contract: "tariffRegistry", method: "retire", parameters: [tariffId] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, tariffId, transactions: [transaction] });
    output.line(isDryRun ? "would be retired" : "retired");

    return exitCode.done;
  },
});
