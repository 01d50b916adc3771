import { z } from "zod";

import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { limitsTimes } from "./operator-limits.ts";

export const oracleLimit = defineVerb({
  path: ["oracle", "limit"],
  summary: "shows how much oracles can do for an operator in an epoch, now and from when another limit is scheduled",
  arguments: [{ syntax: "<operator>", description: "the operator's address" }],
  access: "chain",
  examples: ["oracle limit 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({ operator: addressInput }),
  async run({ operator }, { output, openChain }) {
    const chain = await openChain();
    const { oracleCommittee, chargingSettlement } = chain.contracts;
    const epochSeconds = Number(await chargingSettlement.epochSeconds());
    const multiple = Number(await oracleCommittee.limitMultipleOf(operator));
    const current = { multiple, ...(await limitsTimes(chain, multiple)) };
    const [next, activeFrom] = await oracleCommittee.scheduledLimitOf(operator);
    const scheduled =
      next === 0n
        ? null
        : { multiple: Number(next), activeFrom: Number(activeFrom), ...(await limitsTimes(chain, Number(next))) };
    output.json({ operator, epochSeconds, current, scheduled });
    output.line(`in an epoch of ${epochSeconds} s oracles can, in tokens:`);
    const named = (limits: typeof current, when: string): string[] => [
      when,
      `×${limits.multiple}`,
      `credit ${tokens(limits.creditMicro)}`,
      `give back ${tokens(limits.returnMicro)}`,
      `by unreadable records ${tokens(limits.unreadableMicro)}`,
    ];
    const rows = [named(current, "now")];
    if (scheduled !== null) rows.push(named(scheduled, `from ${utc(scheduled.activeFrom)}`));
    for (const line of tableLines(rows)) output.line(line);

    return exitCode.done;
  },
});
