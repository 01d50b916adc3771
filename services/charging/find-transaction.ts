import type { TransactionMessage } from "../domain/charging/message.ts";
import { matchTransaction } from "../domain/charging/transaction-matching.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import type { TransactionBook } from "./transaction-book.ts";
import { isBegunAnew, isElsewhere } from "./transaction-of-message.ts";
import type { UnnamedStops } from "./unnamed-stops.ts";

/**
 * Finds the transaction that a message is of, in the station's turn.
 * @returns `null` where it is of none that is known, or begins one anew under an id that was used before
 */
export type TransactionFinder = (message: TransactionMessage) => Promise<ChargingTransaction | null>;

export function createTransactionFinder(deps: {
  readonly store: Pick<Store, "findChargingTransactions">;
  readonly book: Pick<TransactionBook, "list">;
  readonly stops: UnnamedStops;
}): TransactionFinder {
  const { store, book, stops } = deps;

  async function matchAmong(
    message: TransactionMessage,
    listed: readonly ChargingTransaction[],
    isListed: boolean,
  ): Promise<ChargingTransaction | null> {
    const { stationId, ocppTransactionId } = message;
    const candidates =
      ocppTransactionId === null || isListed
        ? listed
        : [...(await store.findChargingTransactions(stationId, ocppTransactionId)), ...listed];
    const here = candidates.filter((one) => !isElsewhere(message, one));
    const views = await stops.viewsOf(message, here);
    const matched = matchTransaction(message, [...views.keys()]);
    return matched === null ? null : (views.get(matched) ?? null);
  }

  return async (message) => {
    const { stationId, ocppTransactionId } = message;
    const listed = await book.list(stationId);
    const here = listed.filter((one) => !isElsewhere(message, one));
    const named = ocppTransactionId === null ? [] : here.filter((one) => one.ocppTransactionId === ocppTransactionId);
    // Nearly always the message names one of them.
    const found = named.length === 1 ? (named[0] ?? null) : await matchAmong(message, here, named.length > 0);
    return found !== null && isBegunAnew(message, found) ? null : found;
  };
}
