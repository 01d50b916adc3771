import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { readSeller } from "../../../services/invoices/seller.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const operatorPublish = defineVerb({
  path: ["operator", "publish"],
  summary: "makes the hash of the seller's file public, which receipts then name",
  description:
    "A transaction from the operator's account to itself, whose data is the keccak256 of the file. Receipts name it, so that\n" +
    "anybody can see that the operator stands behind the name and the address on them. Set WATTPROOF_RECEIPT_SELLER to the file and\n" +
    "WATTPROOF_RECEIPT_SELLER_TRANSACTION to the transaction; after a change of the file publish it again.",
  arguments: [{ syntax: "<file>", description: "the seller: name, address, VAT number (docs/receipts.md)" }],
  access: "write",
  account: "OPERATOR",
  examples: ["operator publish seller.json"],
  input: z.object({ file: z.string() }),
  async run({ file }, { output, isDryRun, openWriter }) {
    const { seller, hash } = readSeller(file);
    const writer = await openWriter("OPERATOR");
    if (seller.operator.toLowerCase() !== writer.address.toLowerCase()) {
      throw new WattproofError(
        "SELLER_INVALID",
        `${file} is of ${seller.operator}; ${writer.address} would publish it.`,
      );
    }
    const { txHash, gas } = await writer.note(hash);
    output.json({ isDryRun, name: seller.name, hash, transaction: txHash, gas });
    if (txHash !== null) {
      output.line(`published: ${seller.name}, ${hash}`);
      output.line(`WATTPROOF_RECEIPT_SELLER_TRANSACTION=${txHash}`);
    }
    return exitCode.done;
  },
});
