import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb, type Verb } from "../../command-line/verb.ts";

export const operatorAppointReleaser = defineReleaserVerb(
  "appoint-releaser",
  "lets another account release the operator's sessions",
  "The account can give holds back to drivers and nothing else: no money of the operator or of anybody else goes to it. So a\n" +
    "service or a member of the staff can end sessions that delivered nothing, without the operator's own key.",
  true,
);

export const operatorDismissReleaser = defineReleaserVerb(
  "dismiss-releaser",
  "ends that",
  "What the account has released stays released.",
  false,
);

function defineReleaserVerb(verb: string, summary: string, description: string, isAppointed: boolean): Verb {
  return defineVerb({
    path: ["operator", verb],
    summary,
    description,
    arguments: [{ syntax: "<address>", description: "the account" }],
    access: "write",
    account: "OPERATOR",
    examples: [`operator ${verb} 0x52908400098527886E0F7030069857D2E4169EE7 --dry-run`],
    input: z.object({ address: addressInput }),
    async run({ address }, { output, isDryRun, openWriter }) {
      const writer = await openWriter("OPERATOR");
      const { chargingSettlement } = writer.chain.contracts;
      const isSo = (await chargingSettlement.isReleaser(writer.address, address)) === isAppointed;
      const call = {
        contract: "chargingSettlement",
        method: "changeReleaser",
        parameters: [address, isAppointed],
      } as const;
      const transactions = isSo ? [] : [(await writer.call(call)).transaction];
      output.json({ isDryRun, operator: writer.address, address, isAppointed, isChanged: !isSo, transactions });
      const now = isAppointed ? "can release the operator's sessions" : "can not release the operator's sessions";
      output.line(
        isSo ? `It is so already: ${address} ${now}.` : `${address} ${isDryRun ? "would be changed: " : ""}${now}`,
      );

      return exitCode.done;
    },
  });
}
