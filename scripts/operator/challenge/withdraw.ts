import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tokenAmountInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const challengeWithdraw = defineVerb({
  path: ["challenge", "withdraw"],
  summary: "pays out what the contract of the bonds owes: deposits for answers, compensations and rewards",
  description: "A partner names the operator and the agreement, and with --account its own key.",
  arguments: [{ syntax: "[amount]", description: "in tokens; default: all that can be had" }],
  options: [
    { flags: "--agreement <number>", description: "what was lost under this agreement; default 0, without partners" },
    { flags: "--operator <address>", description: "whose compensation; default: the caller's" },
    { flags: "--recipient <address>", description: "who gets it; default: the caller" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["challenge withdraw --dry-run", "challenge withdraw --account ORACLE"],
  input: z.object({
    amount: tokenAmountInput.optional(),
    agreement: wholeInput(0, 2 ** 32 - 1).default(0),
    operator: addressInput.optional(),
    recipient: addressInput.optional(),
  }),
  async run({ amount, agreement, operator, recipient: to }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const { oracleBonds } = writer.chain.contracts;
    const creditor = operator ?? writer.address;
    const recipient = to ?? writer.address;
    const withdrawableMicro = await oracleBonds.withdrawableOf(creditor, agreement, writer.address);
    const amountMicro = amount ?? withdrawableMicro;
    if (amountMicro === 0n) throw new WattproofError("NOTHING_TO_WITHDRAW", `The bonds owe ${writer.address} nothing.`);
    const { transaction } = await writer.call({
      contract: "oracleBonds",
      method: "withdrawCredit",
      parameters: [creditor, agreement, amountMicro * (await oracleBonds.unit()), recipient],
    });
    const leftMicro = isDryRun ? withdrawableMicro : withdrawableMicro - amountMicro;
    const document = { isDryRun, creditor, agreement, recipient, amountMicro, withdrawableMicro: leftMicro };
    output.json({ ...document, transactions: [transaction] });
    output.line(`${isDryRun ? "would pay" : "paid"} ${tokens(amountMicro)} to ${recipient}`);

    return exitCode.done;
  },
});
