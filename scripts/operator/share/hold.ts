import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { tableLines, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { allow } from "../market/contracts.ts";
import { readHolders, requireShare, shareArgument, sharePhases } from "./shares.ts";

export const shareBuy = defineVerb({
  path: ["share", "sale"],
  summary: "buys shares in the primary sale",
  description: "Only for accounts on the issuer's list. The share is allowed to take the price first.",
  arguments: [shareArgument, { syntax: "<count>", description: "how many" }],
  access: "write",
  account: "BUYER",
  examples: ["share sale 0x… 10 --dry-run"],
  input: z.object({ share: addressInput, count: wholeInput(1, 2 ** 32 - 1) }),
  async run({ share: at, count }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("BUYER");
    const share = await requireShare(writer.chain, at);
    const amountMicro = BigInt(count) * (await share.termsOf()).priceMicro;
    const allowance = await allow(writer, at, amountMicro, isDryRun);
    const transactions = [...allowance.transactions];
    if (!allowance.isOpen) {
      const intent = { contract: "revenueShare", at, method: "buyShares", parameters: [count] } as const;
      transactions.push((await writer.call(intent)).transaction);
    }
    output.json({ isDryRun, share: at, buyer: writer.address, count, amountMicro, transactions });
    output.line(`${isDryRun ? "would buy" : "bought"} ${count} shares for ${tokens(amountMicro)}`);

    return exitCode.done;
  },
});

export const sharePull = defineVerb({
  path: ["share", "pull"],
  summary: "takes what the share earned out of the settlement and divides it among all shares",
  description: "Anybody can send it.",
  arguments: [shareArgument],
  access: "write",
  account: "OPERATOR",
  examples: ["share pull 0x… --dry-run"],
  input: z.object({ share: addressInput }),
  async run({ share: at }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const share = await requireShare(writer.chain, at);
    const { finalMicro } = await share.backing();
    const { transaction } = await writer.call({ contract: "revenueShare", at, method: "pull", parameters: [] });
    output.json({ isDryRun, share: at, amountMicro: finalMicro, transactions: [transaction] });
    output.line(`${tokens(finalMicro)} ${isDryRun ? "would be" : "are"} divided`);

    return exitCode.done;
  },
});

export const shareClaim = defineVerb({
  path: ["share", "claim"],
  summary: "pays holders what their shares earned, or buyers of shares that were not issued their money back",
  description: "Anybody can send it; the money goes to the holder.",
  arguments: [shareArgument],
  options: [{ flags: "--holder <address>", description: "who is paid; default: every holder" }],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["share claim 0x… --holder 0x8617E340B3D01FA5F11F306F4090FD50E238070D --dry-run"],
  input: z.object({ share: addressInput, holder: addressInput.optional() }),
  async run({ share: at, holder: only }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const share = await requireShare(writer.chain, at);
    const hasFailed = sharePhases[Number(await share.phase())] === "failed";
    const { priceMicro } = await share.termsOf();
    const holders =
      only === undefined
        ? await readHolders(run, writer.chain, share)
        : [{ holder: only, count: await share.balanceOf(only), owedMicro: await share.owedMicroOf(only) }];
    const paid = holders
      .map(({ holder, count, owedMicro }) => ({ holder, amountMicro: hasFailed ? count * priceMicro : owedMicro }))
      .filter(({ amountMicro }) => amountMicro > 0n);
    if (paid.length === 0) throw new WattproofError("NOTHING_TO_WITHDRAW", `${at} owes nobody anything.`);
    const transactions = [];
    for (const { holder } of paid) {
      const method = hasFailed ? "refund" : "pay";
      transactions.push(
        (await writer.call({ contract: "revenueShare", at, method, parameters: [holder] })).transaction,
      );
    }
    output.json({ isDryRun, share: at, paid, transactions });
    for (const { holder, amountMicro } of paid) output.line(`${holder}  ${tokens(amountMicro)}`);

    return exitCode.done;
  },
});

export const shareProceeds = defineVerb({
  path: ["share", "proceeds"],
  summary: "pays the issuer the price of all shares, once they are issued",
  arguments: [shareArgument],
  options: [{ flags: "--recipient <address>", description: "who gets it; default: the caller" }],
  access: "write",
  account: "OPERATOR",
  examples: ["share proceeds 0x… --dry-run"],
  input: z.object({ share: addressInput, recipient: addressInput.optional() }),
  async run({ share: at, recipient }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    await requireShare(writer.chain, at);
    const parameters = [recipient ?? writer.address];
    const intent = { contract: "revenueShare", at, method: "withdrawProceeds", parameters } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, share: at, recipient: parameters[0], transactions: [transaction] });
    output.line(`the proceeds ${isDryRun ? "would be" : "were"} paid out`);

    return exitCode.done;
  },
});

export const shareHolders = defineVerb({
  path: ["share", "holders"],
  summary: "lists who holds shares, and what each can be paid",
  arguments: [shareArgument],
  access: "chain",
  readsHistory: true,
  examples: ["share holders 0x…"],
  input: z.object({ share: addressInput }),
  async run({ share: at }, run) {
    const chain = await run.openChain();
    const holders = await readHolders(run, chain, await requireShare(chain, at));
    run.output.json({ share: at, holders });
    const rows = holders.map(({ holder, count, owedMicro }) => [holder, String(count), tokens(owedMicro)]);
    for (const line of tableLines([["holder", "shares", "can be paid"], ...rows])) run.output.line(line);

    return exitCode.done;
  },
});

export const shareShow = defineVerb({
  path: ["share", "show"],
  summary: "shows the terms of a share, where it is in its life, and what backs it",
  arguments: [shareArgument],
  access: "chain",
  examples: ["share show 0x…"],
  input: z.object({ share: addressInput }),
  async run({ share: at }, { openChain, output }) {
    const chain = await openChain();
    const share = await requireShare(chain, at);
    const { name, symbol, shareBps, shareCount, priceMicro, saleEndsAt } = await share.termsOf();
    const phase = sharePhases[Number(await share.phase())] ?? "failed";
    const { finalMicro, provisionalMicro, pulledMicro, undividedMicro } = await share.backing();
    const [issuer, agreement, sold] = [await share.issuer(), await share.agreement(), await share.totalSupply()];
    const backing = { finalMicro, provisionalMicro, pulledMicro, undividedMicro };
    output.json({
      ...{ share: at, phase, issuer, agreement, name, symbol, shareBps, shareCount, priceMicro, saleEndsAt, sold },
      backing,
    });
    output.line(`${name} (${symbol}) of ${issuer}: ${phase}`);
    output.line(`${Number(shareBps) / 100} % of agreement ${agreement === 0n ? "none yet" : agreement}`);
    output.line(`${sold} of ${shareCount} shares sold at ${tokens(priceMicro)}, until ${utc(Number(saleEndsAt))}`);
    output.line(`earned for good ${tokens(finalMicro)}, can still be challenged ${tokens(provisionalMicro)}`);
    output.line(`divided so far ${tokens(pulledMicro - undividedMicro)}`);

    return exitCode.done;
  },
});
