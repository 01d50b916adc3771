import type { KnownTransaction } from "../domain/charging/transaction-matching.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import { WattproofError } from "../errors.ts";
import type { StationHolds } from "../replicas/station-holds.ts";
import type { SessionStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { createTurns } from "../evidence/turns.ts";
import { createLaterSteps } from "./later-steps.ts";
import { createRevisions } from "./revisions.ts";

/**
 * The transactions of stations. All changes go through here, those of one station one after the other, so that what is
 * kept in memory is what is on disk. Only stations of this replica are kept in memory. Another replica may change a
 * transaction all the same, because its driver or its operator wants something: then whoever read it before writes nothing,
 * gets STORE_CONTENDED, and tries again with what is there.
 */
export interface TransactionBook {
  /** Work on the transactions of a station, alone. */
  inTurn<Result>(stationId: string, work: () => Promise<Result>): Promise<Result>;
  /** The latest transactions of the station and all that are open, newest first. In turn. */
  list(stationId: string): Promise<readonly ChargingTransaction[]>;
  /** As it is now. In turn. */
  reload(transaction: ChargingTransaction): Promise<ChargingTransaction>;
  /**
   * In turn.
   * @returns `null` if the session has moved on since it was read: nothing was written
   * @throws STORE_CONTENDED if the transaction has, STATION_MOVED if the station belongs to another replica
   */
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
  /**
   * Resolves when everything is on disk. A rejection leaves what is not for the next time, except for what another replica
   * has written: the frames of that come again.
   */
  flush(): Promise<void>;
}

/** Stations of which transactions are kept in memory; each takes about 20 kB at most. */
const stationLimit = 4_096;

export function createTransactionBook(deps: {
  readonly store: Pick<
    Store,
    "listChargingTransactions" | "commitStep" | "commitChargingFrames" | "findChargingTransactions"
  >;
  /** `undefined`: every station is this replica's. */
  readonly stations?: Pick<StationHolds, "holderOf" | "onMoved">;
}): TransactionBook {
  const { store, stations } = deps;
  const turns = createTurns();
  const known = new Map<string, readonly ChargingTransaction[]>();
  const revisions = createRevisions();
  const later = createLaterSteps({ store, stations, revisions, onOvertaken: forget });
  stations?.onMoved(forget);

  function forget(stationId: string): void {
    revisions.forget(known.get(stationId) ?? []);
    known.delete(stationId);
    later.drop(stationId);
  }

  const isHere = (stationId: string): boolean => stations === undefined || stations.holderOf(stationId) !== null;
  const holderOf = (stationId: string) => stations?.holderOf(stationId) ?? null;

  async function list(stationId: string): Promise<readonly ChargingTransaction[]> {
    const cached = known.get(stationId);
    if (cached !== undefined) return cached;
    await later.flush();
    const listed = await store.listChargingTransactions(stationId);
    revisions.note(listed);
    if (!isHere(stationId)) return listed;
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
      revisions.note(byId);
      return byId.find((one) => one.ordinal === ordinal) ?? transaction;
    },
    commitLater(transaction, frame) {
      later.keep(transaction, frame);
      remember(transaction);
    },
    flush: () => later.flush(),
    async commit(step) {
      await later.flush();
      const transaction = revisions.over(step.transaction);
      const { stationId, ocppTransactionId } = transaction;
      const { outcome, transaction: stored } = await store.commitStep({
        ...{ ...step, transaction },
        station: holderOf(stationId),
      });
      if (outcome === "stored" && stored !== null) {
        revisions.note([stored]);
        remember(stored);
        return stored;
      }
      if (!("ordinal" in transaction)) return null;
      const { ordinal, revision } = transaction;
      const found = await store.findChargingTransactions(stationId, ocppTransactionId);
      if (found.every((one) => one.ordinal !== ordinal || one.revision === revision)) return null;
      forget(stationId);
      throw new WattproofError("STORE_CONTENDED", "The transaction was written by another replica.");
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
