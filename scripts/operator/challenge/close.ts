import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, wholeInput } from "../../command-line/inputs.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const challengeClose = defineVerb({
  path: ["challenge", "close"],
  summary: "closes an oracle's case once its time is over, and collects what it pays to an account",
  description:
    "A case begins when an oracle first does not show what it signed for, and freezes its bond until everything that it had\n" +
    "signed is out of reach. Anybody can close it. What it pays becomes a credit of the account (challenge withdraw).",
  arguments: [{ syntax: "<oracle>", description: "address of the oracle" }],
  options: [
    { flags: "--number <n>", description: "which of its cases; default: the last" },
    { flags: "--for <address>", description: "for whom it is collected; default: the caller" },
    { flags: "--agreement <number>", description: "of an operator's session, under this agreement; default 0" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["challenge close 0x… --dry-run", "challenge close 0x… --agreement 3"],
  input: z.object({
    oracle: addressInput,
    number: wholeInput(1, 2 ** 32 - 1).optional(),
    for: addressInput.optional(),
    agreement: wholeInput(0, 2 ** 32 - 1).default(0),
  }),
  async run({ oracle, number: given, for: payee, agreement }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const { oracleBonds } = writer.chain.contracts;
    const number = given ?? Number(await oracleBonds.caseCountOf(oracle));
    const { closesAt, isClosed } = await oracleBonds.caseOf(oracle, number);
    if (closesAt === 0n) throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `${oracle} has no case ${number}.`);
    const account = payee ?? writer.address;
    const { lossMicro, rewardMicro } = await oracleBonds.claimOf(oracle, number, account, agreement);
    const creditBefore = await oracleBonds.creditOf(account, agreement);
    const transactions: Transaction[] = [];
    if (!isClosed) {
      const closing = { contract: "oracleBonds", method: "closeCase", parameters: [oracle, number] } as const;
      transactions.push((await writer.call(closing)).transaction);
    }
    // What a case pays is known once it is closed.
    if (lossMicro + rewardMicro > 0n && (isClosed || !isDryRun)) {
      const parameters = [oracle, number, account, agreement];
      transactions.push((await writer.call({ contract: "oracleBonds", method: "collect", parameters })).transaction);
    }
    const collectedMicro = (await oracleBonds.creditOf(account, agreement)) - creditBefore;
    const claim = { lossMicro, rewardMicro };
    output.json({ isDryRun, oracle, number, closesAt, account, agreement, claim, collectedMicro, transactions });
    output.line(
      `case ${number} of ${oracle}, open until ${utc(Number(closesAt))}: ${isDryRun ? "would be closed" : "closed"}`,
    );
    output.line(`${account} claimed ${tokens(lossMicro + rewardMicro)} and got ${tokens(collectedMicro)} of it`);

    return exitCode.done;
  },
});
