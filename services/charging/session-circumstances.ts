import { compareDecimals } from "../domain/decimal.ts";
import { sortFindings, type FindingCode } from "../domain/charging/findings.ts";
import { standingIdToken } from "../domain/charging/id-token.ts";
import { isTransactionMessage, type StationMessage } from "../domain/charging/message.ts";
import {
  circumstancesOf,
  heardLiveAtMs,
  isKnownEmpty,
  type TransactionBeside,
} from "../domain/charging/transaction-beside.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { KnownBeside } from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { asOfTransaction, readFrame } from "./read-frame.ts";
import type { TransactionBook } from "./transaction-book.ts";

/** Everything that the station said in a transaction. */
export type MessageReader = (transaction: ChargingTransaction) => Promise<readonly StationMessage[]>;

export interface CircumstanceReaderDeps {
  readonly store: Pick<
    Store,
    | "findStation"
    | "findStationOfEvse"
    | "findChargingTransactions"
    | "findStrayEnergy"
    | "hasUnmatched"
    | "listIdTags"
    | "listStraysAtPlace"
    | "listStraysOfSessionRequests"
    | "listStraysOfToken"
    | "readOpenedAtMs"
  >;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly readMessages: MessageReader;
}

/** What a meter counts between two readings of an idle outlet is no energy of anybody's. */
const leastStrayEnergyWh = { unscaled: 1n, scale: 0 };

/**
 * Reads what happened beside a session's transaction: others that name the session or ran at its EVSE and have no session
 * themselves, and energy outside of all transactions. The findings are in the order of the catalogue.
 * @param own The session's transaction; `null` while it has none.
 */
export type CircumstanceReader = (
  session: Pick<StoredSession, "sessionId" | "terms">,
  own: ChargingTransaction | null,
) => Promise<KnownBeside>;

export function createMessageReader(deps: {
  readonly store: Pick<Store, "listTransactionFrames">;
  readonly book: Pick<TransactionBook, "flush">;
}): MessageReader {
  return async (transaction) => {
    await deps.book.flush();
    const frames = await deps.store.listTransactionFrames(transaction.ordinal);
    return frames.flatMap((frame) => {
      const message = readFrame(frame);
      return message === null ? [] : [asOfTransaction(message, transaction.ocppTransactionId)];
    });
  };
}

export function createCircumstanceReader({ store, meters, readMessages }: CircumstanceReaderDeps): CircumstanceReader {
  /** Chargers of another operator cannot hold up a session by reporting its idTag. */
  async function isOfOperator(stationId: string, { evse, operator }: StoredSession["terms"]): Promise<boolean> {
    const evses = (await store.findStation(stationId))?.evses ?? [];
    if (evses.includes(evse)) return true;
    for (const other of evses) {
      const registered = await meters.readEvse(other);
      if (registered?.operator.toLowerCase() === operator.toLowerCase()) return true;
    }
    return false;
  }

  async function isEmpty(transaction: ChargingTransaction): Promise<boolean> {
    if (transaction.isOpen || transaction.assessment === null) return false;
    const { segments, grade } = transaction.assessment;
    if (segments.length > 0 && grade !== "disputed") return isKnownEmpty(transaction.assessment, []);
    return isKnownEmpty(transaction.assessment, (await readMessages(transaction)).filter(isTransactionMessage));
  }

  /** @param openedAtMs `null` where the transaction names the session, and its time does not matter. */
  async function besideOf(transaction: ChargingTransaction, openedAtMs: number | null): Promise<TransactionBeside> {
    const { isOpen, startedAtMs, endSignAtMs } = transaction;
    const isNamingSession = openedAtMs === null;
    const isEarlier = openedAtMs !== null && startedAtMs !== null && startedAtMs < openedAtMs;
    // One that goes on counts whenever it began, so nobody has to read it.
    const isGoingOn = isOpen && endSignAtMs === null;
    const heardAtMs =
      isEarlier && !isGoingOn
        ? heardLiveAtMs((await readMessages(transaction)).filter(isTransactionMessage))
        : startedAtMs;
    return { isNamingSession, isOpen, startedAtMs, heardAtMs, endSignAtMs, isKnownEmpty: await isEmpty(transaction) };
  }

  /** Whether the station uses the id of a transaction at another EVSE too, and leaves the EVSE out: then nobody knows whose it is. */
  async function isIdShared(own: ChargingTransaction): Promise<boolean> {
    if (own.protocol === "ocpp1.6") return false;
    const all = await store.findChargingTransactions(own.stationId, own.ocppTransactionId);
    const others = all.filter((one) => one.ordinal !== own.ordinal && one.evse !== own.evse && isAtOneTime(one, own));
    for (const one of others.length === 0 ? [] : [own, ...others]) {
      const messages = (await readMessages(one)).filter(isTransactionMessage);
      if (messages.some(({ plug }) => plug.evseId === null)) return true;
    }
    return false;
  }

  async function namingOnes({
    sessionId,
    terms,
  }: Pick<StoredSession, "sessionId" | "terms">): Promise<readonly ChargingTransaction[]> {
    const idTags = await store.listIdTags(sessionId);
    const byToken = (await Promise.all(idTags.map((idTag) => store.listStraysOfToken(idTag)))).flat();
    // Who presented another idToken is not begun by our request, whatever number it says.
    const byRequest = (await store.listStraysOfSessionRequests(sessionId)).filter(
      ({ idToken }) => standingIdToken(idToken) === null,
    );
    const found: ChargingTransaction[] = [...byRequest];
    for (const transaction of byToken) {
      if (await isOfOperator(transaction.stationId, terms)) found.push(transaction);
    }
    return found;
  }

  return async (session, own) => {
    const { sessionId, terms } = session;
    const place = await store.findStationOfEvse(terms.evse);
    const openedAtMs = (await store.readOpenedAtMs(sessionId)) ?? 0;
    const naming = await namingOnes(session);
    const there = place === null ? [] : await store.listStraysAtPlace(place.stationId, place.stationEvse, openedAtMs);
    const besides = new Map<number, TransactionBeside>();
    for (const transaction of there) besides.set(transaction.ordinal, await besideOf(transaction, openedAtMs));
    for (const transaction of naming) besides.set(transaction.ordinal, await besideOf(transaction, null));
    if (own !== null) besides.delete(own.ordinal);
    const endedAtMs = own === null || own.isOpen ? null : (own.endedAtMs ?? own.endSignAtMs);
    const { findings, isOpen } = circumstancesOf({ openedAtMs, endedAtMs }, [...besides.values()]);
    const stray = await store.findStrayEnergy(sessionId);
    const isCounted = stray !== null && compareDecimals(stray.energyWh, leastStrayEnergyWh) >= 0;
    // With its own stop a session needs nothing that came without a name.
    const isOver = own !== null && own.endedAtMs !== null;
    const isUnmatched = isCounted || (!isOver && (await store.hasUnmatched(sessionId)));
    const further: FindingCode[] = isUnmatched ? ["ENERGY_UNMATCHED"] : [];
    if (own !== null && (await isIdShared(own))) further.push("TRANSACTION_ID_SHARED");
    return { findings: sortFindings([...findings, ...further]), isOpen };
  };
}

function isAtOneTime(left: ChargingTransaction, right: ChargingTransaction): boolean {
  const beganMs = (one: ChargingTransaction): number => one.startedAtMs ?? -Infinity;
  const endedMs = (one: ChargingTransaction): number => (one.isOpen ? Infinity : (one.endedAtMs ?? Infinity));
  return beganMs(left) <= endedMs(right) && beganMs(right) <= endedMs(left);
}
