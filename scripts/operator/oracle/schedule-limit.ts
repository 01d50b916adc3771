import { z } from "zod";

import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { limitsTimes } from "./operator-limits.ts";

const MOST_MULTIPLE = 65_535;

export const oracleScheduleLimit = defineVerb({
  path: ["oracle", "schedule-limit"],
  summary: "schedules how many times the limits of an epoch oracles can do for an operator, as the owner",
  description:
    "It is in force after the committee's delay, and replaces one that was scheduled and is not in force yet. A stolen quorum\n" +
    "can take as many times as much: go no further than the operator's revenue of a day, and raise the least bond with it.\n" +
    "Where the owner is a multi-signature account, take --dry-run --from <owner> --json.",
  arguments: [
    { syntax: "<operator>", description: "the operator's address" },
    { syntax: "<multiple>", description: "1 to 65535" },
  ],
  access: "write",
  account: "OWNER",
  examples: ["oracle schedule-limit 0x52908400098527886E0F7030069857D2E4169EE7 3 --dry-run"],
  input: z.object({ operator: addressInput, multiple: wholeInput(1, MOST_MULTIPLE) }),
  async run({ operator, multiple }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OWNER");
    const { oracleCommittee } = writer.chain.contracts;
    const call = { contract: "oracleCommittee", method: "scheduleLimit", parameters: [operator, multiple] } as const;
    const { transaction } = await writer.call(call);
    const nowSeconds = (await writer.chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const delaySeconds = Number(await oracleCommittee.changeDelaySeconds());
    const [, scheduledFrom] = await oracleCommittee.scheduledLimitOf(operator);
    const activeFrom = isDryRun ? nowSeconds + delaySeconds : Number(scheduledFrom);
    const limits = await limitsTimes(writer.chain, multiple);
    output.json({ isDryRun, operator, multiple, activeFrom, ...limits, transactions: [transaction] });
    output.line(
      `${isDryRun ? "would be" : "is"} in force from ${utc(activeFrom)}: credit ${tokens(limits.creditMicro)}, ` +
        `give back ${tokens(limits.returnMicro)}, by unreadable records ${tokens(limits.unreadableMicro)} in an epoch`,
    );

    return exitCode.done;
  },
});
