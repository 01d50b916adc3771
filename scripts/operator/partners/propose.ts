import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

const wholeBps = 10_000;

/** `<address>=<basis points>`. */
const shareInput = z
  .string()
  .refine((text) => /^0x[0-9a-fA-F]{40}=[1-9][0-9]{0,4}$/u.test(text) && isAddress(text.slice(0, 42)), {
    message: "must be like 0x…=1500: an address, and its share in basis points (1500 is 15 %)",
  })
  .transform((text) => ({ partner: getAddress(text.slice(0, 42)), shareBps: Number(text.slice(43)) }));

export const partnersPropose = defineVerb({
  path: ["partners", "propose"],
  summary: "proposes an agreement by which partners share what the operator earns",
  description:
    "An agreement never changes and binds when every partner has signed; sessions name the one they were opened under. The\n" +
    "rest is the operator's.",
  options: [
    {
      flags: "--share <address=bps>",
      description: "a partner and its share in basis points; one to eight",
      isRepeated: true,
    },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["partners propose --share 0x8617E340B3D01FA5F11F306F4090FD50E238070D=1500 --dry-run"],
  input: z.object({
    share: z
      .array(shareInput)
      .min(1, "has to be given at least once")
      .max(8, "can be given eight times")
      .refine(
        (shares) => shares.reduce((sum, { shareBps }) => sum + shareBps, 0) <= wholeBps,
        "come to more than 10000",
      ),
  }),
  async run({ share: shares }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const intent = { contract: "partnerAgreements", method: "propose", parameters: [shares] } as const;
    const { result, transaction } = await writer.call(intent);
    const agreement = z.bigint().transform(Number).parse(result);
    output.json({ isDryRun, agreement, operator: writer.address, shares, transactions: [transaction] });
    output.line(`${isDryRun ? "would be agreement" : "agreement"} ${agreement}`);
    for (const { partner, shareBps } of shares) output.line(`  ${partner}  ${shareBps / 100} %`);

    return exitCode.done;
  },
});
