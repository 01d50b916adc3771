import { z } from "zod";

import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput, timeInput, tokenAmountInput } from "../../command-line/inputs.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { allow, evseCovenantOf } from "../market/contracts.ts";
import { requireShare, shareArgument } from "../share/shares.ts";
import type { CovenantTerms } from "./covenants.ts";

export const covenantPledge = defineVerb({
  path: ["covenant", "pledge"],
  summary: "pledges that sessions at charging points name the agreement of a share, and binds a bond",
  description:
    "One session under another agreement in which energy is delivered costs the whole bond: a tenth to whoever shows it, the\n" +
    "rest to the holders. Drivers choose the agreement that they sign: have the service serve no other one\n" +
    "(WATTPROOF_SERVED_AGREEMENT) before you pledge.",
  arguments: [shareArgument],
  options: [
    { flags: "--evse <number>", description: "a charging point of yours, up to 256", isRepeated: true },
    { flags: "--until <time>", description: "sessions that open then or later are free" },
    { flags: "--bond <amount>", description: "what is at stake, in tokens" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["covenant pledge 0x… --evse 1 --evse 2 --until 2027-12-31 --bond 5000 --dry-run"],
  input: z.object({
    share: addressInput,
    evse: z.array(registryNumberInput).min(1).max(256),
    until: timeInput,
    bond: tokenAmountInput,
  }),
  async run({ share, evse: evses, until, bond }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    await requireShare(writer.chain, share);
    const covenants = evseCovenantOf(writer.chain);
    const terms: CovenantTerms = { share, endsAt: until, bondMicro: bond, evses };
    const allowance = await allow(writer, await covenants.getAddress(), bond, isDryRun);
    const transactions: Transaction[] = [...allowance.transactions];
    let covenant: bigint | null = null;
    if (!allowance.isOpen) {
      const intent = { contract: "evseCovenant", method: "pledge", parameters: [terms] } as const;
      const { result, transaction } = await writer.call(intent);
      transactions.push(transaction);
      covenant = z.bigint().parse(result);
    }
    output.json({ isDryRun, covenant, terms, transactions });
    output.line(
      `${isDryRun ? "would pledge" : `covenant ${covenant}:`} ${evses.length} EVSEs until ${utc(until)}, bond ${tokens(bond)}`,
    );

    return exitCode.done;
  },
});
