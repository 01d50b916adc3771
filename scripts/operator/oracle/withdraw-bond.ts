import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tokenAmountInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const oracleWithdrawBond = defineVerb({
  path: ["oracle", "withdraw-bond"],
  summary: "pays an oracle's bond out once the oracle answers for nothing any more",
  description:
    "An oracle is free of its duties when its time of liability has passed since it left the committee or resigned; oracle\n" +
    "status says who is liable. What is frozen in a case is not part of the bond.",
  arguments: [{ syntax: "[amount]", description: "in tokens; default: the whole bond" }],
  options: [{ flags: "--recipient <address>", description: "who gets it; default: the oracle" }],
  access: "write",
  account: "ORACLE",
  examples: ["oracle withdraw-bond --dry-run", "oracle withdraw-bond 2500 --recipient 0x…"],
  input: z.object({ amount: tokenAmountInput.optional(), recipient: addressInput.optional() }),
  async run({ amount, recipient: to }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("ORACLE");
    const { oracleBonds } = writer.chain.contracts;
    const bondMicro = await oracleBonds.bondOf(writer.address);
    const amountMicro = amount ?? bondMicro;
    if (amountMicro === 0n) throw new WattproofError("NOTHING_TO_WITHDRAW", `${writer.address} has no bond.`);
    const recipient = to ?? writer.address;
    const { transaction } = await writer.call({
      contract: "oracleBonds",
      method: "withdrawBond",
      parameters: [amountMicro * (await oracleBonds.unit()), recipient],
    });
    const leftMicro = isDryRun ? bondMicro : bondMicro - amountMicro;
    output.json({
      isDryRun,
      oracle: writer.address,
      recipient,
      amountMicro,
      bondMicro: leftMicro,
      transactions: [transaction],
    });
    output.line(`${isDryRun ? "would pay" : "paid"} ${tokens(amountMicro)} to ${recipient}`);

    return exitCode.done;
  },
});
