import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { covenantArgument, covenantInput, requireCovenant } from "./covenants.ts";

export const covenantRelease = defineVerb({
  path: ["covenant", "release"],
  summary: "gives the operator the bond of a covenant back, once no breach can be shown any more",
  description: "Anybody can send it; the money goes to the operator.",
  arguments: [covenantArgument],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["covenant release 1 --dry-run"],
  input: z.object({ covenant: covenantInput }),
  async run({ covenant }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const { operator, terms } = await requireCovenant(run, writer.chain, covenant);
    const intent = { contract: "evseCovenant", method: "release", parameters: [covenant, terms] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, covenant, operator, bondMicro: terms.bondMicro, transactions: [transaction] });
    output.line(`${tokens(terms.bondMicro)} ${isDryRun ? "would go" : "went"} back to ${operator}`);

    return exitCode.done;
  },
});
