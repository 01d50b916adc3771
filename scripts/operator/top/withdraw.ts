import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tokenAmountInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const withdraw = defineVerb({
  path: ["withdraw"],
  summary: "pays out what the operator, or a partner, has earned for good",
  description:
    "What oracles credited is final when the epoch after its own is over; what a meter's signature credited, at once. A\n" +
    "partner names the operator, the agreement, and with --account its own key.",
  arguments: [{ syntax: "[amount]", description: "in tokens; default: all that can be had" }],
  options: [
    { flags: "--agreement <number>", description: "what was earned under this agreement; default 0, without partners" },
    { flags: "--operator <address>", description: "whose earnings; default: the caller's" },
    { flags: "--recipient <address>", description: "who gets it; default: the caller" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "withdraw --dry-run",
    "withdraw 250.00 --agreement 3",
    "withdraw --agreement 3 --operator 0x… --account PARTNER",
  ],
  input: z.object({
    amount: tokenAmountInput.optional(),
    agreement: wholeInput(0, 2 ** 32 - 1).default(0),
    operator: addressInput.optional(),
    recipient: addressInput.optional(),
  }),
  async run({ amount, agreement, operator: given, recipient: to }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const { chargingSettlement } = writer.chain.contracts;
    const operator = given ?? writer.address;
    const recipient = to ?? writer.address;
    const withdrawableMicro = await chargingSettlement.withdrawableOf(operator, agreement, writer.address);
    const { finalMicro, provisionalMicro } = await chargingSettlement.creditOf(operator, agreement);
    const amountMicro = amount ?? withdrawableMicro;
    if (amountMicro === 0n) {
      const later = provisionalMicro > 0n ? `; ${tokens(provisionalMicro)} in all can still be challenged` : "";
      throw new WattproofError("NOTHING_TO_WITHDRAW", `${writer.address} has no part of a final credit${later}.`);
    }
    const unit = await chargingSettlement.unit();
    const { transaction } = await writer.call({
      contract: "chargingSettlement",
      method: "withdrawCredit",
      parameters: [operator, agreement, amountMicro * unit, recipient],
    });
    output.json({
      isDryRun,
      operator,
      agreement,
      recipient,
      amountMicro,
      withdrawableMicro: isDryRun ? withdrawableMicro : withdrawableMicro - amountMicro,
      credit: { finalMicro, provisionalMicro },
      transactions: [transaction],
    });
    output.line(`${isDryRun ? "would pay" : "paid"} ${tokens(amountMicro)} to ${recipient}`);

    return exitCode.done;
  },
});
