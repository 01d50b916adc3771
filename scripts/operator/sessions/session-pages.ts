import { z } from "zod";

import type { ChainEvent } from "../../../services/chain/events.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { LogRun } from "../../command-line/logs.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import { foldEvents, placesSchema, readSessionEvents, type ChainSession } from "./session-book.ts";

/** Whose sessions, and which. */
export interface SessionFilter {
  readonly operator?: string | undefined;
  readonly driver?: string | undefined;
  readonly evse?: bigint | number | undefined;
  readonly status?: ChainSession["status"] | undefined;
}

/** As many as the service lists at once. */
const mostAtOnce = 1_000;
const pageSchema = z.object({
  sessions: z.array(z.object({ sessionId: z.string() })),
  next: z.string().nullable(),
  /** The newest block that the service has read; `null` if none. */
  followedBlock: z.int().min(0).nullable(),
});

export function isWanted(session: ChainSession, { operator, driver, evse, status }: SessionFilter): boolean {
  return (
    (operator === undefined || session.terms.operator === operator) &&
    (driver === undefined || session.terms.driver === driver) &&
    (evse === undefined || session.terms.evse === Number(evse)) &&
    (status === undefined || session.status === status)
  );
}

/**
 * The latest sessions that fit, oldest first. The service says which these are and in which blocks their events stand;
 * only those blocks and the ones that it has not read are asked for, however long the history is.
 *
 * @param limit Most sessions.
 * @throws SERVICE_UNREACHABLE, or what the service answers; what reading the chain throws
 */
export async function readLatestSessions(
  run: LogRun,
  chain: ChainAccess,
  service: ServiceClient,
  filter: SessionFilter,
  limit: number,
): Promise<readonly ChainSession[]> {
  const { sessionIds, followedBlock } = await listKnown(service, filter, limit);
  const known = new Set(sessionIds);
  const blocks = new Set<number>();
  for (const sessionId of sessionIds) {
    const { eventBlocks } = await service.get(`/v1/sessions/${sessionId}`, placesSchema);
    for (const block of eventBlocks) if (block <= followedBlock) blocks.add(block);
  }
  const events: ChainEvent[] = [];
  for (const block of [...blocks].sort((left, right) => left - right)) {
    events.push(...(await readSessionEvents(run, chain, { fromBlock: block, toBlock: block })));
  }
  const fromBlock = Math.max(followedBlock + 1, chain.deployment.blockNumber);
  events.push(...(await readSessionEvents(run, chain, { fromBlock })));
  // Of another session in one of these blocks it is not known what happened elsewhere.
  const isKnown = ({ sessionId, opening }: ChainSession): boolean =>
    known.has(sessionId) || opening.blockNumber > followedBlock;
  return [...foldEvents(new Map(), events).values()]
    .filter((session) => isKnown(session) && isWanted(session, filter))
    .slice(-limit);
}

async function listKnown(
  service: ServiceClient,
  filter: SessionFilter,
  limit: number,
): Promise<{ readonly sessionIds: readonly string[]; readonly followedBlock: number }> {
  const { operator, driver, evse, status } = filter;
  const sessionIds: string[] = [];
  let followedBlock: number | null = null;
  let after: string | null = null;
  do {
    const query = new URLSearchParams({
      order: "newest-first",
      limit: String(Math.min(limit - sessionIds.length, mostAtOnce)),
      ...(after === null ? {} : { after }),
      ...(operator === undefined ? {} : { operator }),
      ...(driver === undefined ? {} : { driver }),
      ...(evse === undefined ? {} : { evse: String(evse) }),
      ...(status === undefined ? {} : status === "open" ? { ended: "false" } : { state: status }),
    });
    const page: z.infer<typeof pageSchema> = await service.get(`/v1/sessions?${query.toString()}`, pageSchema);
    sessionIds.push(...page.sessions.map(({ sessionId }) => sessionId));
    // What comes later is behind the block that the first page was read at.
    followedBlock ??= page.followedBlock ?? -1;
    after = page.next;
  } while (after !== null && sessionIds.length < limit);
  return { sessionIds, followedBlock };
}
