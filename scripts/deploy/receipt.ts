import type { TransactionReceipt, TransactionResponse } from "ethers";

import { WattproofError } from "../../services/errors.ts";

/** Receipts are waited for this long; a transaction that is not mined by then needs a person to look at it. */
const receiptTimeoutMs = 10 * 60_000;

/**
 * The receipt of a transaction that succeeded.
 *
 * @throws WattproofError TRANSACTION_FAILED
 */
export async function receiptOf(transaction: TransactionResponse): Promise<TransactionReceipt> {
  const receipt = await transaction.wait(1, receiptTimeoutMs);
  if (receipt === null) throw new WattproofError("TRANSACTION_FAILED", `${transaction.hash} was not mined`);

  return receipt;
}
