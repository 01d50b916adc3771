import type { Cdr } from "../../domain/cdr.ts";
import type { KnownTransaction } from "../../domain/charging/transaction-matching.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../../store/charging.ts";
import type { SessionChange, Store, WriteOutcome } from "../../store/store.ts";
import { createTurns } from "../turns.ts";

/**
 * The transactions of stations. All changes go through here, those of one station one after the other, so that what is
 * kept in memory is what is on disk.
 */
export interface TransactionBook {
  /** Work on the transactions of a station, alone. */
  inTurn<Result>(stationId: string, work: () => Promise<Result>): Promise<Result>;
  /** The latest transactions of the station and all that are open, newest first. In turn. */
  list(stationId: string): Promise<readonly ChargingTransaction[]>;
  /** As it is now. In turn. */
  reload(transaction: ChargingTransaction): Promise<ChargingTransaction>;
  /** In turn. @returns `null` if the session has moved on since it was read: nothing was written */
  commit(step: {
    readonly transaction: NewChargingTransaction | ChargingTransaction;
    readonly frame?: number;
    readonly change?: SessionChange;
    readonly cdr?: Cdr | null;
  }): Promise<ChargingTransaction | null>;
  /** A step of a session that has no transaction. */
  commitSession(change: SessionChange, cdr: Cdr | null): Promise<WriteOutcome>;
}

/** Stations of which transactions are kept in memory; each takes about 20 kB at most. */
const stationLimit = 4_096;

export function createTransactionBook(deps: {
  readonly store: Pick<Store, "listChargingTransactions" | "commitCharging" | "findChargingTransactions">;
}): TransactionBook {
  const { store } = deps;
  const turns = createTurns();
  const known = new Map<string, readonly ChargingTransaction[]>();

  async function list(stationId: string): Promise<readonly ChargingTransaction[]> {
    const cached = known.get(stationId);
    if (cached !== undefined) return cached;
    const listed = await store.listChargingTransactions(stationId);
    const oldest = known.keys().next();
    if (known.size >= stationLimit && oldest.done !== true) known.delete(oldest.value);
    known.set(stationId, listed);
    return listed;
  }

  function remember(transaction: ChargingTransaction): void {
    const listed = known.get(transaction.stationId) ?? [];
    const others = listed.filter(({ ordinal }) => ordinal !== transaction.ordinal);
    if (others.length < listed.length) {
      known.set(
        transaction.stationId,
        listed.map((one) => (one.ordinal === transaction.ordinal ? transaction : one)),
      );
      // One that is new makes an older one leave: what the store says is read at the next look.
    } else known.delete(transaction.stationId);
  }

  return {
    inTurn: (stationId, work) => turns.take(stationId, work),
    list,
    async reload(transaction) {
      const { stationId, ocppTransactionId, ordinal } = transaction;
      const listed = [...(await list(stationId))];
      const found = listed.find((one) => one.ordinal === ordinal);
      if (found !== undefined) return found;
      const byId = await store.findChargingTransactions(stationId, ocppTransactionId);
      return byId.find((one) => one.ordinal === ordinal) ?? transaction;
    },
    async commit({ transaction, frame = null, change = null, cdr = null }) {
      const { outcome, transaction: stored } = await store.commitCharging({ transaction, frame, change, cdr });
      if (outcome === "stale" || stored === null) return null;
      remember(stored);
      return stored;
    },
    commitSession: async (change, cdr) =>
      (await store.commitCharging({ transaction: null, frame: null, change, cdr })).outcome,
  };
}

/** A transaction as the rules of matching take it. */
export function knownOf(transaction: ChargingTransaction): KnownTransaction {
  const { stationId, ocppTransactionId, protocol, evse, connector, startedAtMs, endedAtMs } = transaction;
  const plug = protocol === "ocpp1.6" ? { evseId: null, connectorId: evse } : { evseId: evse, connectorId: connector };
  // One that was given up has ended, whenever that was.
  const closedAtMs = endedAtMs ?? transaction.watched?.atMs ?? transaction.lastMessageAtMs;
  return { stationId, ocppTransactionId, plug, startedAtMs, endedAtMs: transaction.isOpen ? endedAtMs : closedAtMs };
}
