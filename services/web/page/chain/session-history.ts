import { z } from "zod";

import { unpackSettlementResult, type SettlementResult } from "../../../domain/metering.ts";
import { unpackTerms, type SessionTerms } from "../../../domain/terms.ts";
import type { EventLog, LogReader } from "./chain-reader.ts";
import { settlementInterface } from "./contracts.ts";

/** How the chain ended a session, as far as it has. */
export type SessionEnding =
  | { readonly kind: "live" }
  | ({ readonly kind: "settled"; readonly txHash: string } & SettlementResult)
  | { readonly kind: "expired"; readonly txHash: string; readonly returnedMicro: bigint };

/** A session as the chain's events tell it. */
export interface ChainSession {
  readonly sessionId: string;
  readonly terms: SessionTerms;
  readonly openingTxHash: string;
  readonly ending: SessionEnding;
}

const opened = z.object({
  sessionId: z.string(),
  driver: z.string(),
  operator: z.string(),
  tariffId: z.string(),
  terms: z.bigint(),
});
const settled = z.object({ sessionId: z.string(), result: z.bigint() });
const expired = z.object({ sessionId: z.string(), returnedMicro: z.bigint() });
/** Ids in one query; endpoints take more. */
const idsPerQuery = 100;

/** The sessions of a driver, newest first. */
export async function readSessionsOf(
  readLogs: LogReader,
  settlement: string,
  driver: string,
): Promise<readonly ChainSession[]> {
  const openings = await readLogs(settlement, topicsOf("SessionOpened", [null, driver]));
  return (await closeAll(readLogs, settlement, openings)).toReversed();
}

/** One session by its id; `null` if the chain knows none. */
export async function readSession(
  readLogs: LogReader,
  settlement: string,
  sessionId: string,
): Promise<ChainSession | null> {
  const openings = await readLogs(settlement, topicsOf("SessionOpened", [sessionId]));
  return (await closeAll(readLogs, settlement, openings))[0] ?? null;
}

async function closeAll(
  readLogs: LogReader,
  settlement: string,
  openings: readonly EventLog[],
): Promise<readonly ChainSession[]> {
  const sessions = openings.map((log) => {
    const { sessionId, driver, operator, tariffId, terms } = opened.parse(argumentsOf("SessionOpened", log));
    return {
      sessionId,
      terms: unpackTerms(terms, { driver, operator, tariffId }),
      openingTxHash: log.txHash,
    };
  });
  const endings = new Map<string, SessionEnding>();
  for (let start = 0; start < sessions.length; start += idsPerQuery) {
    const ids = sessions.slice(start, start + idsPerQuery).map(({ sessionId }) => sessionId);
    for (const log of await readLogs(settlement, [...topicsOf("SessionSettled", []), ids])) {
      const { sessionId, result } = settled.parse(argumentsOf("SessionSettled", log));
      endings.set(sessionId, { kind: "settled", txHash: log.txHash, ...unpackSettlementResult(result) });
    }
    for (const log of await readLogs(settlement, [...topicsOf("SessionExpired", []), ids])) {
      const { sessionId, returnedMicro } = expired.parse(argumentsOf("SessionExpired", log));
      endings.set(sessionId, { kind: "expired", txHash: log.txHash, returnedMicro });
    }
  }
  return sessions.map((session) => ({ ...session, ending: endings.get(session.sessionId) ?? { kind: "live" } }));
}

function topicsOf(event: string, values: readonly unknown[]): (string | string[] | null)[] {
  return settlementInterface.encodeFilterTopics(event, values);
}

function argumentsOf(event: string, log: EventLog): unknown {
  return settlementInterface.decodeEventLog(event, log.data, [...log.topics]).toObject();
}
