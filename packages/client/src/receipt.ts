import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { verifyReceipt as verify, type ReceiptVerdict } from "../../../services/receipts/verify-receipt.ts";
import { nobleCryptography } from "../../../services/web/page/receipt/noble-cryptography.ts";
import { chainAt, type ChainEndpoint } from "./chain-endpoint.ts";

export { ChainEndpointError, type ChainEndpoint } from "./chain-endpoint.ts";
export type { ReceiptCheck } from "../../../services/receipts/receipt-check.ts";
export type { ReceiptVerdict } from "../../../services/receipts/verify-receipt.ts";
export { receiptSchema, type ParsedReceipt } from "../../../services/receipts/receipt-schema.ts";

/**
 * Checks a receipt from its content and a chain alone; the service is not asked.
 *
 * Warning: the contracts are those that the receipt names. Compare them with those that you know.
 *
 * @param receipt As JSON has it.
 * @throws ChainEndpointError if the endpoint does not answer; never because of the receipt
 */
export function verifyReceipt(receipt: unknown, chain: ChainEndpoint): Promise<ReceiptVerdict> {
  const verifier = createRecordJudge({ cryptography: nobleCryptography });
  return verify(receipt, { chain: chainAt(chain), verifier });
}
