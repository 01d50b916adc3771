import { isTransactionMessage, type StationMessage, type TransactionMessage } from "../domain/charging/message.ts";
import { matchTransaction } from "../domain/charging/transaction-matching.ts";
import { watchEnergy, type WatchedEnergy } from "../domain/charging/watched-energy.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { StoredFrame } from "../store/ocpp.ts";
import type { Store } from "../store/store.ts";
import { readFrame } from "./read-frame.ts";
import type { OnceDesk } from "./tell-once.ts";
import { knownOf, type TransactionBook } from "./transaction-book.ts";

/** What stations say of no transaction that is known. All in the station's turn. */
export interface StrayMessages {
  /** Keeps a message whose transaction may still begin, and counts what it says of an outlet with a session. */
  keep(message: TransactionMessage, frame: StoredFrame): Promise<void>;
  /** What belongs to a transaction that has begun only now. It stays until it is forgotten. */
  adopt(
    started: ChargingTransaction,
  ): Promise<readonly { readonly message: TransactionMessage; readonly frame: StoredFrame }[]>;
  /** After a message has its transaction. */
  forget(frame: StoredFrame): Promise<void>;
}

export interface StrayMessagesDeps {
  readonly store: Pick<
    Store,
    | "findStation"
    | "findStrayEnergy"
    | "findTransactionOfSession"
    | "listSessionsAtEvse"
    | "listStrayFrames"
    | "putStrayEnergy"
    | "putStrayFrame"
    | "removeStrayFrame"
  >;
  readonly book: TransactionBook;
  readonly once: OnceDesk;
  readonly now: () => number;
  /** How long the start of a message may take to come. */
  readonly waitMs: number;
}

const sessionsLimit = 16;

export function createStrayMessages(deps: StrayMessagesDeps): StrayMessages {
  const { store, book, once, now, waitMs } = deps;

  /** What rose between two readings with no transaction in between flowed in none. */
  async function countEnergy(message: TransactionMessage, stationEvse: number): Promise<void> {
    const evse = (await store.findStation(message.stationId))?.evses[stationEvse - 1];
    if (evse === undefined) return;
    const running = (await book.list(message.stationId)).filter((one) => one.evse === stationEvse);
    for (const { sessionId, terms } of await store.listSessionsAtEvse(evse, sessionsLimit)) {
      if ((await store.findTransactionOfSession(sessionId)) !== null) continue;
      const known = await store.findStrayEnergy(sessionId);
      const counted = watchEnergy(known, message, terms.maximumPowerW);
      const fresh = watchEnergy(null, message, terms.maximumPowerW);
      if (counted === null || fresh === null || counted === known) continue;
      const sinceMs = known?.atMs ?? fresh.beganAtMs;
      const isOfTransaction = running.some((one) => one.isOpen || endOf(one) >= sinceMs);
      await store.putStrayEnergy(sessionId, isOfTransaction ? withEnergyOf(fresh, known) : counted);
    }
  }

  return {
    async keep(message, frame) {
      const { stationId, ocppTransactionId, plug, protocol, kind } = message;
      const stationEvse = protocol === "ocpp1.6" ? plug.connectorId : plug.evseId;
      if (kind === "transaction-ended" || ocppTransactionId !== null) {
        const cause = `${stationId} ${ocppTransactionId ?? ""}`;
        await once.alert("ocpp-message-unmatched", cause, { stationId, frameId: frame.frameId, ocppTransactionId });
      }
      if (protocol === "ocpp1.6") await store.putStrayFrame(frame, now() - waitMs);
      if (kind === "meter-values" && stationEvse !== null && stationEvse > 0) {
        await countEnergy(message, stationEvse);
      }
    },
    async adopt(started) {
      if (started.protocol !== "ocpp1.6") return [];
      const frames = await store.listStrayFrames(started.stationId, now() - waitMs);
      if (frames.length === 0) return [];
      const views = (await book.list(started.stationId)).map(knownOf);
      const own = views.find(({ ocppTransactionId }) => ocppTransactionId === started.ocppTransactionId);
      const adopted: { message: TransactionMessage; frame: StoredFrame }[] = [];
      for (const frame of frames) {
        const message = readFrame(frame);
        if (own === undefined || message === null || !isDated(message)) continue;
        if (matchTransaction(message, views) !== own) continue;
        adopted.push({ message, frame });
      }
      return adopted;
    },
    forget: ({ ordinal }) => store.removeStrayFrame(ordinal),
  };
}

/** Without a time of its own a message could be of any transaction. */
function isDated(message: StationMessage): message is TransactionMessage {
  return isTransactionMessage(message) && (message.time !== null || message.readings.some(({ time }) => time !== null));
}

function endOf(transaction: ChargingTransaction): number {
  return knownOf(transaction).endedAtMs ?? transaction.lastMessageAtMs;
}

function withEnergyOf(fresh: WatchedEnergy, known: WatchedEnergy | null): WatchedEnergy {
  return known === null ? fresh : { ...fresh, energyWh: known.energyWh, beganAtMs: known.beganAtMs };
}
