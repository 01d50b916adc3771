import { accountOf } from "../../domain/vehicle-consent.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ChargingTransaction } from "../../store/charging.ts";
import type { Store } from "../../store/store.ts";
import type { IdTokenBinding, TokenOpening, TokenOpeningStatus } from "../../store/tokens.ts";
import { newStopOrder } from "../merge-message.ts";
import type { TransactionBook } from "../transaction-book.ts";

/** What was decided about transactions that began with a bound idToken: keeps it, and tells those who wait for it. */
export interface OpeningKeeper {
  /** The transaction of an opening as it is now; in the station's turn. */
  findTransaction(opening: TokenOpening): Promise<ChargingTransaction | null>;
  /** Keeps an opening that is to be sent. @returns what stands */
  prepare(
    transaction: ChargingTransaction,
    binding: IdTokenBinding,
    intent: NonNullable<TokenOpening["intent"]>,
  ): Promise<TokenOpening>;
  /** Nobody pays for the transaction: its station is to stop. */
  refuse(transaction: ChargingTransaction, binding: IdTokenBinding, reason: string): Promise<void>;
  update(opening: TokenOpening, status: TokenOpeningStatus, reason: string | null): Promise<void>;
  /** It could not be sent, and will be tried again. */
  retryLater(opening: TokenOpening): Promise<void>;
  /** @returns `null` if nothing is known about it by then; see `TokenOpener` */
  awaitOutcome(
    named: Pick<TokenOpening, "stationId" | "ocppTransactionId" | "idToken">,
    waitMs: number,
  ): Promise<TokenOpening | null>;
}

const retryMs = 2_000;
/** An opening that is mined becomes known with its confirmations. */
const openLookMs = 10_000;

export function createOpeningKeeper(deps: {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly signal: AbortSignal;
}): OpeningKeeper {
  const { store, book, desk, now, steadyNow, signal } = deps;
  let changed = Promise.withResolvers<null>();

  function tellChange(): void {
    changed.resolve(null);
    changed = Promise.withResolvers();
  }

  /** Nobody pays: the station is to stop, and the operator is told. */
  async function tellRefusal(opening: TokenOpening): Promise<void> {
    const { stationId, ocppTransactionId, reason } = opening;
    desk.alert("token-start-unpaid", { stationId, ocppTransactionId, reason });
    await book.inTurn(stationId, async () => {
      const transaction = await findTransaction(opening);
      if (transaction === null || !transaction.isOpen || transaction.sessionId !== null) return;
      const stopOrder = transaction.stopOrder ?? newStopOrder(steadyNow());
      await book.commit({ transaction: { ...transaction, stopOrder } });
    });
  }

  /** As it is now. In the station's turn. */
  async function findTransaction(opening: TokenOpening): Promise<ChargingTransaction | null> {
    const found = await store.findChargingTransactions(opening.stationId, opening.ocppTransactionId);
    const transaction = found.find(({ ordinal }) => ordinal === opening.ordinal);
    return transaction === undefined ? null : book.reload(transaction);
  }

  function newOpening(
    { ordinal, stationId, ocppTransactionId }: ChargingTransaction,
    { idToken, consent }: IdTokenBinding,
    status: TokenOpeningStatus,
    intent: TokenOpening["intent"],
    reason: string | null,
  ): TokenOpening {
    const account = accountOf(consent);
    const at = { attempts: 0, nextAtMs: steadyNow(), atMs: now() };
    return { ordinal, stationId, ocppTransactionId, idToken, account, status, intent, reason, ...at };
  }

  return {
    findTransaction,
    prepare(transaction, binding, intent) {
      return store.putTokenOpening(newOpening(transaction, binding, "prepared", intent, null));
    },
    async refuse(transaction, binding, reason) {
      const refused = newOpening(transaction, binding, "refused", null, reason);
      // The order to stop first: without it, a row that says that all is done would be wrong.
      await tellRefusal(refused);
      await store.putTokenOpening(refused);
      tellChange();
    },
    async update(opening, status, reason) {
      const nextAtMs = steadyNow() + (status === "open" ? openLookMs : retryMs);
      const next = { ...opening, status, reason, attempts: opening.attempts + 1, nextAtMs };
      if (status === "refused") await tellRefusal(next);
      await store.updateTokenOpening(next);
      tellChange();
    },
    async retryLater(opening) {
      await store.updateTokenOpening({ ...opening, attempts: opening.attempts + 1, nextAtMs: steadyNow() + retryMs });
    },
    async awaitOutcome({ stationId, ocppTransactionId, idToken }, waitMs) {
      const late = new AbortController();
      const timer = setTimeout(() => {
        late.abort();
        tellChange();
      }, waitMs);
      try {
        for (;;) {
          const next = changed.promise;
          const opening = await store.findTokenOpening(stationId, ocppTransactionId);
          if (opening !== null && opening.idToken !== idToken) {
            return { ...opening, idToken, status: "refused", reason: "OTHER_ID_TOKEN" };
          }
          if ((opening !== null && opening.status !== "prepared") || late.signal.aborted || signal.aborted)
            return opening;
          await next;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
