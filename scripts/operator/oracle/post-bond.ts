import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, tokenAmountInput } from "../../command-line/inputs.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const oraclePostBond = defineVerb({
  path: ["oracle", "post-bond"],
  summary: "adds tokens to an oracle's bond, which it needs to sign",
  description:
    "Anybody can pay for any oracle, and the bond is the oracle's from then on. oracle status says what each member has and\n" +
    "what it needs at least. The contract of the bonds is allowed to take the tokens first.",
  arguments: [{ syntax: "<amount>", description: "in tokens" }],
  options: [{ flags: "--oracle <address>", description: "whose bond; default: the caller's" }],
  access: "write",
  account: "ORACLE",
  examples: ["oracle post-bond 10000", "oracle post-bond 10000 --oracle 0x… --account OPERATOR"],
  input: z.object({ amount: tokenAmountInput, oracle: addressInput.optional() }),
  async run({ amount: amountMicro, oracle: given }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("ORACLE");
    const { erc20, oracleBonds } = writer.chain.contracts;
    const oracle = given ?? writer.address;
    const spender = writer.chain.deployment.contracts.oracleBonds;
    const amount = amountMicro * (await oracleBonds.unit());
    const isAllowed = (await erc20.allowance(writer.address, spender)) >= amount;
    const transactions: Transaction[] = [];
    if (!isAllowed) {
      const approval = { contract: "erc20", method: "approve", parameters: [spender, amount] } as const;
      transactions.push((await writer.call(approval)).transaction);
    }
    // Before the allowance is on the chain, nobody can say what posting would cost.
    if (isAllowed || !isDryRun) {
      const posting = { contract: "oracleBonds", method: "postBond", parameters: [oracle, amount] } as const;
      transactions.push((await writer.call(posting)).transaction);
    }
    const bondMicro = await oracleBonds.bondOf(oracle);
    const leastBondMicro = await oracleBonds.leastBondMicro();
    output.json({ isDryRun, oracle, amountMicro, bondMicro, leastBondMicro, transactions });
    output.line(
      isDryRun
        ? `would add ${tokens(amountMicro)} to ${tokens(bondMicro)}`
        : `${oracle} has a bond of ${tokens(bondMicro)}`,
    );
    if (!isDryRun && bondMicro < leastBondMicro) output.line(`It needs ${tokens(leastBondMicro)} to sign.`);

    return exitCode.done;
  },
});
