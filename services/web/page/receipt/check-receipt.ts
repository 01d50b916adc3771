import { receiptSchema, type ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import type { ReceiptCheck } from "../../../receipts/receipt-check.ts";
import { verifyReceipt } from "../../../receipts/verify-receipt.ts";
import { createRecordJudge } from "../../../evidence/formats/all-formats.ts";
import type { ChainAccess } from "../chain/chain-access.ts";
import { nobleCryptography } from "./noble-cryptography.ts";

export type { ReceiptCheck } from "../../../receipts/receipt-check.ts";
export { transparencyXmlOf } from "../../../evidence/formats/transparency-xml.ts";

/** The receipt if it has the right form; nothing in it has been checked. */
export function parseReceipt(content: unknown): ParsedReceipt | null {
  return receiptSchema.safeParse(content).data ?? null;
}

/**
 * Checks a receipt in this browser: the meter's signatures, the arithmetic, and what the chain says. The service is not
 * asked.
 * @param contracts The page's own contracts; a receipt of others may be perfect and still not be one of these.
 */
export async function checkReceipt(
  content: unknown,
  chain: ChainAccess,
  contracts: Readonly<Record<string, string>>,
): Promise<{ readonly isGood: boolean; readonly checks: readonly ReceiptCheck[] }> {
  const verdict = await verifyReceipt(content, {
    chain,
    verifier: createRecordJudge({ cryptography: nobleCryptography }),
  });
  const receipt = parseReceipt(content);
  const stated = Object.entries(receipt?.contracts ?? {});
  const isOurs =
    stated.length > 0 && stated.every(([name, address]) => contracts[name]?.toLowerCase() === address.toLowerCase());
  const own: ReceiptCheck = {
    name: "contracts of this page",
    outcome: isOurs ? "holds" : "fails",
    detail: stated.map(([name]) => name).join(", "),
  };
  return { isGood: verdict.isGood && isOurs, checks: [...verdict.checks, own] };
}
