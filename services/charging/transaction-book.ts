import type { KnownTransaction } from "../domain/charging/transaction-matching.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import type { SessionStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { createTurns } from "../evidence/turns.ts";

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
    readonly frame?: number | null;
    readonly session?: SessionStep | null;
  }): Promise<ChargingTransaction | null>;
  /**
   * Like `commit`, of a transaction that goes on and whose session does not move: on disk with the next `commit` or
   * `flush`. Only for a frame that comes again if that does not happen. In turn.
   */
  commitLater(transaction: ChargingTransaction, frame: number): void;
  /** Resolves when everything is on disk. A rejection leaves what is not for the next time. */
  flush(): Promise<void>;
}

type LaterSteps = Map<number, { readonly transaction: ChargingTransaction; readonly frames: number[] }>;

/** Stations of which transactions are kept in memory; each takes about 20 kB at most. */
const stationLimit = 4_096;

export function createTransactionBook(deps: {
  readonly store: Pick<
    Store,
    "listChargingTransactions" | "commitStep" | "commitChargingFrames" | "findChargingTransactions"
  >;
}): TransactionBook {
  const { store } = deps;
  const turns = createTurns();
  const known = new Map<string, readonly ChargingTransaction[]>();
  /** What is not on disk yet, by the transaction's ordinal. */
  let later: LaterSteps = new Map();
  let flushed: Promise<void> = Promise.resolve();

  async function list(stationId: string): Promise<readonly ChargingTransaction[]> {
    const cached = known.get(stationId);
    if (cached !== undefined) return cached;
    await flush();
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

  function flush(): Promise<void> {
    const turn = flushed.then(writeLater);
    flushed = turn.catch(() => undefined);
    return turn;
  }

  async function writeLater(): Promise<void> {
    if (later.size === 0) return;
    const steps = later;
    later = new Map();
    try {
      await store.commitChargingFrames([...steps.values()]);
    } catch (error) {
      const newer = later;
      later = steps;
      for (const { transaction, frames } of newer.values()) {
        for (const frame of frames) keepForLater(transaction, frame);
      }
      throw error;
    }
  }

  function keepForLater(transaction: ChargingTransaction, frame: number): void {
    const frames = later.get(transaction.ordinal)?.frames ?? [];
    frames.push(frame);
    later.set(transaction.ordinal, { transaction, frames });
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
    commitLater(transaction, frame) {
      keepForLater(transaction, frame);
      remember(transaction);
    },
    flush,
    async commit(step) {
      await flush();
      const { outcome, transaction: stored } = await store.commitStep(step);
      if (outcome === "stale" || stored === null) return null;
      remember(stored);
      return stored;
    },
  };
}

/** A transaction as the rules of matching take it. */
export function knownOf(transaction: ChargingTransaction): KnownTransaction {
  const { stationId, ocppTransactionId, protocol, evse, connector, startedAtMs, endedAtMs, idToken } = transaction;
  const plug = protocol === "ocpp1.6" ? { evseId: null, connectorId: evse } : { evseId: evse, connectorId: connector };
  // One that was given up has ended, whenever that was.
  const closedAtMs = endedAtMs ?? transaction.watched?.atMs ?? transaction.lastMessageAtMs;
  const shared = { stationId, ocppTransactionId, plug, startedAtMs, idToken };
  return { ...shared, endedAtMs: transaction.isOpen ? endedAtMs : closedAtMs };
}
