import { compareDecimals } from "../domain/decimal.ts";
import { sortFindings, type FindingCode } from "../domain/charging/findings.ts";
import { standingIdToken } from "../domain/charging/id-token.ts";
import { isTransactionMessage, type StationMessage } from "../domain/charging/message.ts";
import { circumstancesOf, isKnownEmpty, type TransactionBeside } from "../domain/charging/transaction-beside.ts";
import { normalizeIdTag } from "../domain/id-tag.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";

/** What is known beside a session's own transaction. */
export interface SessionCircumstances {
  /** In the order of the catalogue. */
  readonly findings: readonly FindingCode[];
  /** One of the transactions beside it goes on. */
  readonly isOpen: boolean;
}

export interface CircumstanceReaderDeps {
  readonly store: Pick<
    Store,
    | "findStation"
    | "findStationOfEvse"
    | "findStrayEnergy"
    | "listStraysAtPlace"
    | "listStraysOfSessionRequests"
    | "listStraysOfToken"
    | "readOpenedAtMs"
  >;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly readMessages: (transaction: ChargingTransaction) => Promise<readonly StationMessage[]>;
}

/** What a meter counts between two readings of an idle outlet is no energy of anybody's. */
const leastStrayEnergyWh = { unscaled: 1n, scale: 0 };

/**
 * Reads what happened beside a session's transaction: others that name the session or ran at its EVSE and have no session
 * themselves, and energy outside of all transactions.
 * @param own The session's transaction; `null` while it has none.
 */
export type CircumstanceReader = (
  session: Pick<StoredSession, "sessionId" | "idTag" | "terms">,
  own: ChargingTransaction | null,
) => Promise<SessionCircumstances>;

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
    if (transaction.assessment.segments.length > 0) return isKnownEmpty(transaction.assessment, []);
    return isKnownEmpty(transaction.assessment, (await readMessages(transaction)).filter(isTransactionMessage));
  }

  async function besideOf(transaction: ChargingTransaction, isNamingSession: boolean): Promise<TransactionBeside> {
    const { isOpen, startedAtMs, endSignAtMs } = transaction;
    return { isNamingSession, isOpen, startedAtMs, endSignAtMs, isKnownEmpty: await isEmpty(transaction) };
  }

  async function namingOnes({
    sessionId,
    idTag,
    terms,
  }: Pick<StoredSession, "sessionId" | "idTag" | "terms">): Promise<readonly ChargingTransaction[]> {
    const byToken = await store.listStraysOfToken(normalizeIdTag(idTag));
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
    for (const transaction of there) besides.set(transaction.ordinal, await besideOf(transaction, false));
    for (const transaction of naming) besides.set(transaction.ordinal, await besideOf(transaction, true));
    if (own !== null) besides.delete(own.ordinal);
    const endedAtMs = own === null || own.isOpen ? null : own.endedAtMs;
    const { findings, isOpen } = circumstancesOf({ openedAtMs, endedAtMs }, [...besides.values()]);
    const stray = await store.findStrayEnergy(sessionId);
    const isUnmatched = stray !== null && compareDecimals(stray.energyWh, leastStrayEnergyWh) >= 0;
    return { findings: sortFindings([...findings, ...(isUnmatched ? (["ENERGY_UNMATCHED"] as const) : [])]), isOpen };
  };
}
