import { chooseEnergySeries } from "../domain/charging/energy-series.ts";
import { isTransactionMessage, type TransactionEnded, type TransactionMessage } from "../domain/charging/message.ts";
import { isUnnamedStop, type KnownTransaction } from "../domain/charging/transaction-matching.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import type { MessageReader } from "./session-circumstances.ts";
import { knownOf } from "./transaction-book.ts";

/** What a message is matched against: of a stop of 1.6 whose id means nothing the register has to tell whose it is. */
export interface UnnamedStops {
  /** The transactions that the message may be of, by what is compared of them. In the station's turn. */
  viewsOf(
    message: TransactionMessage,
    transactions: readonly ChargingTransaction[],
  ): Promise<ReadonlyMap<KnownTransaction, ChargingTransaction>>;
}

/** No outlet delivers more, where nobody says what this one can. */
const greatestPowerW = 1_000_000;
const sessionsLimit = 16;

export function createUnnamedStops(deps: {
  readonly store: Pick<Store, "findSession" | "findStation" | "findTransactionOfSession" | "listSessionsAtEvse">;
  readonly readMessages: MessageReader;
}): UnnamedStops {
  const { store, readMessages } = deps;

  async function viewOf(transaction: ChargingTransaction, stop: TransactionEnded): Promise<KnownTransaction> {
    const known = knownOf(transaction);
    if (!transaction.isOpen && known.endedAtMs !== stop.time?.epochMs) return known;
    const messages = (await readMessages(transaction)).filter(isTransactionMessage);
    const ended = messages.find(({ kind }) => kind === "transaction-ended") ?? null;
    const { points } = chooseEnergySeries(messages, ended);
    const session = transaction.sessionId === null ? null : await store.findSession(transaction.sessionId);
    const begin = points.find(({ role }) => role === "begin") ?? null;
    const ratedPowerW = session?.terms.maximumPowerW ?? greatestPowerW;
    return { ...known, register: { begin, last: points.at(-1) ?? null, ratedPowerW } };
  }

  /**
   * Whether a session at an outlet of the station may have begun without a start that arrived; also where a transaction is
   * open, because its stop may be lost as well.
   */
  async function isOtherAwaited(stationId: string): Promise<boolean> {
    const evses = (await store.findStation(stationId))?.evses ?? [];
    for (const evse of evses) {
      for (const { sessionId } of await store.listSessionsAtEvse(evse, sessionsLimit)) {
        if ((await store.findTransactionOfSession(sessionId)) === null) return true;
      }
    }
    return false;
  }

  async function viewsForStop(
    stop: TransactionEnded,
    transactions: readonly ChargingTransaction[],
  ): Promise<ReadonlyMap<KnownTransaction, ChargingTransaction>> {
    const beginMs = stop.readings.find(({ context }) => context === "Transaction.Begin")?.time?.epochMs ?? null;
    const isBegin = ({ startedAtMs }: ChargingTransaction): boolean => beginMs !== null && startedAtMs === beginMs;
    // Without its begin, and with another session there that it may be of, nothing says that it is of the open one.
    const isUnclear = stop.idToken === null && (await isOtherAwaited(stop.stationId));
    const candidates = isUnclear ? transactions.filter((one) => !one.isOpen || isBegin(one)) : transactions;
    const views = await Promise.all(candidates.map(async (one) => [await viewOf(one, stop), one] as const));
    return new Map(views);
  }

  return {
    async viewsOf(message, transactions) {
      const { ocppTransactionId } = message;
      const isNamed = transactions.some((one) => one.ocppTransactionId === ocppTransactionId);
      if (isUnnamedStop(message) && !isNamed) return viewsForStop(message, transactions);
      return new Map(transactions.map((transaction) => [knownOf(transaction), transaction]));
    },
  };
}
