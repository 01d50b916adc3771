import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { agreementLines, requireAgreement } from "./agreement.ts";

export const partnersShow = defineVerb({
  path: ["partners", "show"],
  summary: "shows agreements, who has signed, and what each party can withdraw",
  arguments: [{ syntax: "[agreement]", description: "only this one" }],
  options: [{ flags: "--operator <address>", description: "only this operator's" }],
  access: "chain",
  readsHistory: true,
  examples: ["partners show 3", "partners show --operator 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({ agreement: registryNumberInput.optional(), operator: addressInput.optional() }),
  async run({ agreement: only, operator: onlyOf }, run) {
    const chain = await run.openChain();
    const { chargingSettlement } = chain.contracts;
    const numbers =
      only === undefined
        ? (
            await readLogs(run, chain, {
              address: chain.deployment.contracts.partnerAgreements,
              topics: chain.interfaces.partnerAgreements.encodeFilterTopics("AgreementProposed", [
                null,
                onlyOf ?? null,
              ]),
            })
          ).map(({ topics }) => Number(topics[1]))
        : [only];
    const agreements = [];
    for (const number of numbers) {
      const content = await requireAgreement(chain, number);
      const { finalMicro, provisionalMicro } = await chargingSettlement.creditOf(content.operator, number);
      const parties = [content.operator, ...content.shares.map(({ partner }) => partner)];
      const withdrawable = [];
      for (const party of parties) {
        const amountMicro = await chargingSettlement.withdrawableOf(content.operator, number, party);
        withdrawable.push({ party, amountMicro });
      }
      agreements.push({ ...content, credit: { finalMicro, provisionalMicro }, withdrawable });
    }
    run.output.json({ agreements });
    for (const content of agreements) {
      for (const line of agreementLines(content)) run.output.line(line);
      const { finalMicro, provisionalMicro } = content.credit;
      run.output.line(`  earned for good ${tokens(finalMicro)}, can still be challenged ${tokens(provisionalMicro)}`);
      for (const { party, amountMicro } of content.withdrawable)
        run.output.line(`  ${party} can withdraw ${tokens(amountMicro)}`);
    }
    if (agreements.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
