import { z } from "zod";

import { settledInGroup } from "../../../domain/settled-group.ts";
import { unpackSettlementResult, type SettlementResult } from "../../../domain/metering.ts";
import type { Opening } from "../../../domain/opening.ts";
import { unpackTerms, type SessionTerms } from "../../../domain/terms.ts";
import type { EventLog, LogReader } from "./chain-reader.ts";
import { settlementInterface } from "./contracts.ts";

/** How the chain ended a session, as far as it has. */
export type SessionEnding =
  | { readonly kind: "live" }
  | ({ readonly kind: "settled"; readonly txHash: string } & SettlementResult)
  /** By expiry, or by the operator's release: the whole hold is free again. */
  | { readonly kind: "expired" | "released"; readonly txHash: string; readonly returnedMicro: bigint }
  /** As driver and operator agreed. */
  | {
      readonly kind: "agreed";
      readonly txHash: string;
      readonly chargedMicro: bigint;
      readonly returnedMicro: bigint;
    };

/** A session as the chain's events tell it. */
export interface ChainSession {
  readonly sessionId: string;
  readonly terms: SessionTerms;
  readonly opening: Opening;
  /** By how much the driver raised the hold, in 10⁻⁶ token. */
  readonly toppedUpMicro: bigint;
  readonly openingTxHash: string;
  readonly ending: SessionEnding;
}

const opened = z.object({
  sessionId: z.string(),
  driver: z.string(),
  terms: z.bigint(),
});
const small = z.bigint().transform(Number);
const group = z.object({
  operator: z.string(),
  agreement: small,
  tariffId: z.string(),
  openedAt: small,
  salt: small,
});
const toppedUp = z.object({ sessionId: z.string(), toppedUpMicro: z.bigint() });
const settled = z.object({ sessionId: z.string(), result: z.bigint() });
const returned = z.object({ sessionId: z.string(), returnedMicro: z.bigint() });
const agreed = returned.extend({ chargedMicro: z.bigint() });
/** Events that free a whole hold. */
const returns = [
  ["SessionExpired", "expired"],
  ["SessionReleased", "released"],
] as const;
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
  const readGroup = createGroupReader(readLogs, settlement);
  const sessions = await Promise.all(
    openings.map(async (log) => {
      const { sessionId, driver, terms } = opened.parse(argumentsOf("SessionOpened", log));
      const { openedAt, salt, ...shared } = await readGroup(log);
      return {
        sessionId,
        terms: unpackTerms(terms, { driver, ...shared }),
        opening: { openedAt, salt },
        openingTxHash: log.txHash,
      };
    }),
  );
  const raised = new Map<string, bigint>();
  const endings = new Map<string, SessionEnding>();
  for (let start = 0; start < sessions.length; start += idsPerQuery) {
    const ids = sessions.slice(start, start + idsPerQuery).map(({ sessionId }) => sessionId);
    for (const log of await readLogs(settlement, [...topicsOf("SessionToppedUp", []), ids])) {
      const { sessionId, toppedUpMicro } = toppedUp.parse(argumentsOf("SessionToppedUp", log));
      raised.set(sessionId, toppedUpMicro);
    }
    for (const log of await readLogs(settlement, [...topicsOf("SessionSettled", []), ids])) {
      const { sessionId, result } = settled.parse(argumentsOf("SessionSettled", log));
      endings.set(sessionId, { kind: "settled", txHash: log.txHash, ...unpackSettlementResult(result) });
    }
    for (const [event, kind] of returns) {
      for (const log of await readLogs(settlement, [...topicsOf(event, []), ids])) {
        const { sessionId, returnedMicro } = returned.parse(argumentsOf(event, log));
        endings.set(sessionId, { kind, txHash: log.txHash, returnedMicro });
      }
    }
    for (const log of await readLogs(settlement, [...topicsOf("SessionAgreed", []), ids])) {
      const { sessionId, ...amounts } = agreed.parse(argumentsOf("SessionAgreed", log));
      endings.set(sessionId, { kind: "agreed", txHash: log.txHash, ...amounts });
    }
  }
  const open = sessions.filter(({ sessionId }) => !endings.has(sessionId));
  for (const [sessionId, ending] of await readGroupEndings(readLogs, settlement, open)) endings.set(sessionId, ending);
  return sessions.map((session) => ({
    ...session,
    toppedUpMicro: raised.get(session.sessionId) ?? 0n,
    ending: endings.get(session.sessionId) ?? { kind: "live" },
  }));
}

/** How quorums settled sessions: their events name an operator, an agreement and a tariff, and the sessions inside. */
async function readGroupEndings(
  readLogs: LogReader,
  settlement: string,
  sessions: readonly Pick<ChainSession, "sessionId" | "terms">[],
): Promise<ReadonlyMap<string, SessionEnding>> {
  const wanted = new Set(sessions.map(({ sessionId }) => sessionId));
  const groups = Map.groupBy(
    sessions,
    ({ terms: { operator, agreement, tariffId } }) => `${operator} ${agreement} ${tariffId}`,
  );
  const endings = new Map<string, SessionEnding>();
  for (const [first] of groups.values()) {
    if (first === undefined) continue;
    const { operator, agreement, tariffId } = first.terms;
    for (const log of await readLogs(settlement, topicsOf("GroupSettled", [operator, agreement, tariffId]))) {
      const event = settlementInterface.decodeEventLog("GroupSettled", log.data, [...log.topics]);
      for (const { sessionId, result } of settledInGroup((name): unknown => event.getValue(name))) {
        if (wanted.has(sessionId)) endings.set(sessionId, { kind: "settled", txHash: log.txHash, ...result });
      }
    }
  }
  return endings;
}

/** Reads what a session has in common with those opened beside it: the event before its own, in its transaction. */
function createGroupReader(
  readLogs: LogReader,
  settlement: string,
): (opening: EventLog) => Promise<z.output<typeof group>> {
  const ofBlock = new Map<number, Promise<readonly EventLog[]>>();
  return async ({ blockNumber, txHash, logIndex }) => {
    const known = ofBlock.get(blockNumber) ?? readLogs(settlement, topicsOf("GroupOpened", []), blockNumber);
    ofBlock.set(blockNumber, known);
    const log = (await known).findLast((other) => other.txHash === txHash && other.logIndex < logIndex);
    if (log === undefined) throw new Error(`The endpoint hides the terms that were opened in ${txHash}.`);
    return group.parse(argumentsOf("GroupOpened", log));
  };
}

function topicsOf(event: string, values: readonly unknown[]): (string | string[] | null)[] {
  return settlementInterface.encodeFilterTopics(event, values);
}

function argumentsOf(event: string, log: EventLog): unknown {
  return settlementInterface.decodeEventLog(event, log.data, [...log.topics]).toObject();
}
