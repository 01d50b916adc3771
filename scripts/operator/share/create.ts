import { z } from "zod";

import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import {
  addressInput,
  registryNumberInput,
  timeInput,
  tokenAmountInput,
  wholeInput,
} from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { requireShare, shareArgument } from "./shares.ts";

export const shareCreate = defineVerb({
  path: ["share", "create"],
  summary: "creates a tradable share of what an agreement will earn",
  description:
    "A revenue claim is a security in most places: take counsel before you sell one, and offer it to nobody in public. Only\n" +
    "accounts that you list can hold it. Propose an agreement that names the share's address as a partner then, and join it.",
  options: [
    { flags: "--name <text>", description: "as wallets show it" },
    { flags: "--symbol <text>", description: "as wallets show it" },
    { flags: "--bps <n>", description: "its part of what the operator earns, in basis points" },
    { flags: "--count <n>", description: "how many shares there are; all have to be sold" },
    { flags: "--price <amount>", description: "of one, in tokens" },
    { flags: "--sale-ends <time>", description: "from then on nobody can buy; what is not issued has failed" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "share create --name Depot --symbol DEP --bps 1000 --count 100 --price 50 --sale-ends 2027-03-01 --dry-run",
  ],
  input: z.object({
    name: z.string().min(1).max(64),
    symbol: z.string().min(1).max(16),
    bps: wholeInput(1, 10_000),
    count: wholeInput(1, 2 ** 32 - 1),
    price: tokenAmountInput,
    saleEnds: timeInput,
  }),
  async run({ name, symbol, bps, count, price, saleEnds }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const terms = {
      ...{ name, symbol, shareBps: bps, shareCount: count },
      ...{ priceMicro: price, saleEndsAt: saleEnds },
    };
    const intent = { contract: "revenueShares", method: "create", parameters: [terms] } as const;
    const { result, transaction } = await writer.call(intent);
    const share = addressInput.parse(result);
    output.json({ isDryRun, share, issuer: writer.address, terms, transactions: [transaction] });
    output.line(
      `${isDryRun ? "would be" : "created"} ${share}: ${count} shares of ${tokens(price)}, until ${utc(saleEnds)}`,
    );

    return exitCode.done;
  },
});

export const shareVerify = defineVerb({
  path: ["share", "verify"],
  summary: "puts an account on the list of who may hold shares, or takes it off",
  description: "No list keeps a holder from what the shares earned.",
  arguments: [shareArgument, { syntax: "<holder>", description: "the account" }],
  options: [{ flags: "--off", description: "takes it off" }],
  access: "write",
  account: "OPERATOR",
  examples: ["share verify 0x… 0x8617E340B3D01FA5F11F306F4090FD50E238070D --dry-run"],
  input: z.object({ share: addressInput, holder: addressInput, off: z.boolean().default(false) }),
  async run({ share: at, holder, off }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    await requireShare(writer.chain, at);
    const intent = { contract: "revenueShare", at, method: "setVerified", parameters: [holder, !off] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, share: at, holder, isVerified: !off, transactions: [transaction] });
    output.line(`${holder} ${isDryRun ? "would be" : "is"} ${off ? "off" : "on"} the list`);

    return exitCode.done;
  },
});

export const shareJoin = defineVerb({
  path: ["share", "join"],
  summary: "has a share sign the agreement whose revenue it divides",
  description: "All other partners have to have signed, and the agreement has to give the share exactly its part.",
  arguments: [shareArgument, { syntax: "<agreement>", description: "its number" }],
  access: "write",
  account: "OPERATOR",
  examples: ["share join 0x… 4 --dry-run"],
  input: z.object({ share: addressInput, agreement: registryNumberInput }),
  async run({ share: at, agreement }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    await requireShare(writer.chain, at);
    const intent = { contract: "revenueShare", at, method: "join", parameters: [agreement] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, share: at, agreement, transactions: [transaction] });
    output.line(`${at} ${isDryRun ? "would be" : "is"} a partner in agreement ${agreement}`);

    return exitCode.done;
  },
});
