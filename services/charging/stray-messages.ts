import { withAnyRegister } from "../domain/charging/any-register.ts";
import { chooseEnergySeries } from "../domain/charging/energy-series.ts";
import { coarserOf } from "../domain/charging/exactness.ts";
import { isTransactionMessage, type StationMessage, type TransactionMessage } from "../domain/charging/message.ts";
import { matchTransaction } from "../domain/charging/transaction-matching.ts";
import { greatestPowerW } from "../domain/charging/unit-check.ts";
import { addDecimals, compareDecimals, parsePaddedDecimal } from "../domain/decimal.ts";
import { watchEnergy, type WatchedEnergy } from "../domain/charging/watched-energy.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { StoredFrame } from "../store/ocpp.ts";
import type { Store } from "../store/store.ts";
import { readFrame } from "./read-frame.ts";
import type { OnceDesk } from "./tell-once.ts";
import type { UnnamedStops } from "./unnamed-stops.ts";
import { knownOf, type TransactionBook } from "./transaction-book.ts";

/** What stations say of no transaction that is known. All in the station's turn. */
export interface StrayMessages {
  /** Keeps a message whose transaction may still begin, and counts what it says of an outlet with a session. */
  keep(message: TransactionMessage, frame: StoredFrame): Promise<void>;
  /** Counts for sessions there what a message says of an outlet after the end of the transaction that it names. */
  keepLate(known: ChargingTransaction, message: TransactionMessage, frame: StoredFrame): Promise<void>;
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
    | "putUnmatched"
    | "removeUnmatched"
    | "putStrayFrame"
    | "removeStrayFrame"
  >;
  readonly book: TransactionBook;
  readonly once: OnceDesk;
  readonly stops: UnnamedStops;
  readonly now: () => number;
  /** How long the start of a message may take to come. */
  readonly waitMs: number;
}

const sessionsLimit = 16;
/** Values of this long after the end are not of the end any more. */
const afterEndMs = 60_000;
/** An outlet that charges nobody takes less for itself. */
const leastPowerW = { unscaled: 50n, scale: 0 };
const leastIntervalWh = { unscaled: 1n, scale: 0 };

export function createStrayMessages(deps: StrayMessagesDeps): StrayMessages {
  const { store, book, once, stops, now, waitMs } = deps;

  /** What rose between two readings with no transaction in between flowed in none. */
  async function countEnergy(told: TransactionMessage, stationEvse: number): Promise<void> {
    const evse = (await store.findStation(told.stationId))?.evses[stationEvse - 1];
    if (evse === undefined) return;
    const message = withAnyRegister(told);
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

  /** A message that says of energy what no register of a transaction does may be of any session that waits there. */
  async function noteFor(stationId: string, stationEvse: number | null, frame: StoredFrame): Promise<void> {
    const evses = (await store.findStation(stationId))?.evses ?? [];
    for (const [index, evse] of evses.entries()) {
      if (stationEvse !== null && stationEvse !== index + 1) continue;
      for (const { sessionId } of await store.listSessionsAtEvse(evse, sessionsLimit)) {
        const own = await store.findTransactionOfSession(sessionId);
        // With its own stop a session needs nothing that came without a name.
        if (own === null || (own.isOpen && stationEvse === null)) await store.putUnmatched(sessionId, frame.ordinal);
      }
    }
  }

  /** Whether a transaction ran at the outlet when the message was made. */
  async function isOfTransaction(message: TransactionMessage, stationEvse: number): Promise<boolean> {
    const atMs = newestMsOf(message) ?? message.receivedAtMs;
    const there = (await book.list(message.stationId)).filter((one) => one.evse === stationEvse);
    return there.some((one) => one.isOpen || endOf(one) >= atMs);
  }

  return {
    async keepLate(known, message, frame) {
      const atMs = newestMsOf(message);
      const { evse, endedAtMs } = known;
      if (message.kind === "transaction-ended" || message.kind === "transaction-started") return;
      if (evse === null || endedAtMs === null || atMs === null || atMs <= endedAtMs + afterEndMs) return;
      if (await isOfTransaction(message, evse)) return;
      if (showsFlow(message) || isAboveEnd(known, message)) await noteFor(message.stationId, evse, frame);
    },
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
        if (showsFlow(message) && !(await isOfTransaction(message, stationEvse))) {
          await noteFor(stationId, stationEvse, frame);
        }
      }
      // A stop without its start: it says neither at which outlet it was nor how much flowed.
      if (kind === "transaction-ended") await noteFor(stationId, null, frame);
    },
    async adopt(started) {
      if (started.protocol !== "ocpp1.6") return [];
      const frames = await store.listStrayFrames(started.stationId, now() - waitMs);
      if (frames.length === 0) return [];
      const listed = await book.list(started.stationId);
      const adopted: { message: TransactionMessage; frame: StoredFrame }[] = [];
      for (const frame of frames) {
        const message = readFrame(frame);
        if (message === null || !isDated(message)) continue;
        const views = await stops.viewsOf(message, listed);
        const matched = matchTransaction(message, [...views.keys()]);
        if (matched?.ocppTransactionId !== started.ocppTransactionId) continue;
        adopted.push({ message, frame });
      }
      return adopted;
    },
    async forget({ ordinal }) {
      await store.removeUnmatched(ordinal);
      await store.removeStrayFrame(ordinal);
    },
  };
}

/** By the times that its values carry, failing that its own; `null` where it has none. */
function newestMsOf({ readings, time }: TransactionMessage): number | null {
  const times = readings.flatMap((reading) => (reading.time === null ? [] : [reading.time.epochMs]));
  return times.length === 0 ? (time?.epochMs ?? null) : times.reduce((newest, ms) => Math.max(newest, ms));
}

/** Whether a message shows energy without a register: power, current and voltage, or an interval. */
function showsFlow(message: TransactionMessage): boolean {
  if (compareDecimals(greatestPowerW([message]), leastPowerW) >= 0) return true;
  return message.readings.some(
    ({ measurand, faults, value }) =>
      measurand.startsWith("Energy.Active.Import.Interval") &&
      faults.length === 0 &&
      value !== null &&
      compareDecimals(value, leastIntervalWh) >= 0,
  );
}

/** Whether the register rose above what the transaction ended with. */
function isAboveEnd({ assessment, watched }: ChargingTransaction, message: TransactionMessage): boolean {
  const end = assessment?.end?.registerWh ?? null;
  const endWh = end === null ? (watched?.registerWh ?? null) : parsePaddedDecimal(end);
  const { points } = chooseEnergySeries([message], null);
  return points.some(
    ({ registerWh, quantumWh }) =>
      endWh === null || compareDecimals(registerWh, addDecimals(endWh, coarserOf(quantumWh, leastIntervalWh))) > 0,
  );
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
