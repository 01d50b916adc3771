import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { agreementLines, requireAgreement } from "./agreement.ts";

export const partnersSign = defineVerb({
  path: ["partners", "sign"],
  summary: "agrees, as a partner, to an agreement",
  description: "Shows the agreement first; try it with --dry-run. What was signed cannot be taken back.",
  arguments: [{ syntax: "<agreement>", description: "number of the agreement" }],
  access: "write",
  account: "PARTNER",
  examples: ["partners sign 3 --dry-run", "partners sign 3 --account SITEHOST"],
  input: z.object({ agreement: registryNumberInput }),
  async run({ agreement }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("PARTNER");
    const before = await requireAgreement(writer.chain, agreement);
    for (const line of agreementLines(before)) output.line(line);
    const intent = { contract: "partnerAgreements", method: "sign", parameters: [agreement] } as const;
    const { transaction } = await writer.call(intent);
    const after = isDryRun ? before : await requireAgreement(writer.chain, agreement);
    output.json({ isDryRun, partner: writer.address, ...after, transactions: [transaction] });
    output.line(isDryRun ? "would be signed" : `signed; it is ${after.status}`);

    return exitCode.done;
  },
});
