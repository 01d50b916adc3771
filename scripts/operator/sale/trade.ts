import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, hashInput, registryNumberInput, tokenAmountInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { allow, evidenceSalesOf } from "../market/contracts.ts";
import { readOffers, requireOffer } from "./offers.ts";

export const saleBuy = defineVerb({
  path: ["sale", "buy"],
  summary: "buys the dossier of an offer",
  description:
    "The sales contract is allowed to take the price first. The service then hands the dossier to the buyer.",
  arguments: [{ syntax: "<offer>", description: "its id" }],
  access: "write",
  readsHistory: true,
  account: "BUYER",
  examples: ["sale buy 0x2f0a6d3c1b5e4f7a8d9c0b1a2e3f4d5c6b7a8990a1b2c3d4e5f60718293a4b9c --dry-run"],
  input: z.object({ offer: hashInput }),
  async run({ offer: offerId }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("BUYER");
    const { offer } = await requireOffer(run, writer.chain, offerId);
    const sales = await evidenceSalesOf(writer.chain).getAddress();
    const allowance = await allow(writer, sales, offer.priceMicro, isDryRun);
    const transactions = [...allowance.transactions];
    if (!allowance.isOpen) {
      const intent = { contract: "evidenceSales", method: "buy", parameters: [offer] } as const;
      transactions.push((await writer.call(intent)).transaction);
    }
    const { priceMicro, root } = offer;
    output.json({ isDryRun, offerId, buyer: writer.address, priceMicro, root, transactions });
    output.line(`${isDryRun ? "would buy" : "bought"} ${root} for ${tokens(priceMicro)}`);

    return exitCode.done;
  },
});

export const saleJoin = defineVerb({
  path: ["sale", "join"],
  summary: "has the sales contract sign an agreement, so that its part is the drivers' pool",
  description:
    "Anybody can send it. Propose an agreement first in which the sales contract is a partner:\n" +
    "partners propose --share <sales contract>=<bps>.",
  arguments: [{ syntax: "<agreement>", description: "its number" }],
  access: "write",
  account: "OPERATOR",
  examples: ["sale join 3 --dry-run"],
  input: z.object({ agreement: registryNumberInput }),
  async run({ agreement }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const intent = { contract: "evidenceSales", method: "joinAgreement", parameters: [agreement] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, agreement, transactions: [transaction] });
    output.line(`the sales contract ${isDryRun ? "would sign" : "signed"} agreement ${agreement}`);

    return exitCode.done;
  },
});

export const saleWithdraw = defineVerb({
  path: ["sale", "withdraw"],
  summary: "takes out what an operator or a partner earned by sales",
  options: [
    { flags: "--agreement <number>", description: "under which dossiers were sold" },
    { flags: "--operator <address>", description: "whose sales; default: the caller's" },
    { flags: "--amount <amount>", description: "in tokens; default: all" },
    { flags: "--recipient <address>", description: "who gets it; default: the caller" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["sale withdraw --agreement 3 --dry-run"],
  input: z.object({
    agreement: registryNumberInput,
    operator: addressInput.optional(),
    amount: tokenAmountInput.optional(),
    recipient: addressInput.optional(),
  }),
  async run({ agreement, operator: given, amount, recipient }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const operator = given ?? writer.address;
    const sales = evidenceSalesOf(writer.chain);
    const amountMicro = amount ?? (await sales.withdrawableOf(operator, agreement, writer.address));
    if (amountMicro === 0n) throw new WattproofError("NOTHING_TO_WITHDRAW", `agreement ${agreement} of ${operator}`);
    const { transaction } = await writer.call({
      contract: "evidenceSales",
      method: "withdrawPart",
      parameters: [operator, agreement, amountMicro, recipient ?? writer.address],
    });
    output.json({ isDryRun, operator, agreement, amountMicro, transactions: [transaction] });
    output.line(`${isDryRun ? "would take out" : "took out"} ${tokens(amountMicro)}`);

    return exitCode.done;
  },
});

export const saleList = defineVerb({
  path: ["sale", "list"],
  summary: "lists offers, what was sold, and what the drivers' pool holds",
  access: "chain",
  readsHistory: true,
  examples: ["sale list"],
  input: z.object({}),
  async run(_input, run) {
    const chain = await run.openChain();
    const sales = evidenceSalesOf(chain);
    const offers = await readOffers(run, chain);
    const unallottedMicro = await sales.unallottedMicro();
    const rounds = [];
    for (let round = 1n; round <= (await sales.roundCount()); round += 1n) {
      const { root, remainingMicro } = await sales.roundOf(round);
      rounds.push({ round, root, remainingMicro });
    }
    run.output.json({ contract: await sales.getAddress(), offers, rounds, unallottedMicro });
    const rows = offers.map(({ offerId, status, offer }) => [
      ...[offerId, status, tokens(offer.priceMicro), utc(Number(offer.expiresAt)), offer.root],
    ]);
    for (const line of tableLines([["offer", "status", "price", "until", "dossier"], ...rows])) run.output.line(line);
    for (const { round, remainingMicro } of rounds) {
      run.output.line(`round ${round}: ${tokens(remainingMicro)} not claimed yet`);
    }
    run.output.line(`the drivers' pool holds ${tokens(unallottedMicro)} that no round has taken`);

    return exitCode.done;
  },
});
