import { z } from "zod";

import { readEvents, type ChainEvent } from "../../../services/chain/events.ts";
import type { SettlementResult } from "../../../services/domain/metering.ts";
import { idTagOf } from "../../../services/domain/id-tag.ts";
import type { Challenge } from "../../../services/domain/session-amounts.ts";
import type { LogPosition, SessionOpening } from "../../../services/domain/session.ts";
import type { SessionTerms } from "../../../services/domain/terms.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readLogs, type LogRun } from "../../command-line/logs.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";

/** A session has few events; a service that names more blocks is not followed. */
const knownBlocksLimit = 256;

export const chainStatuses = ["open", "settled", "expired"] as const;

/** A charging session as the chain tells it. Amounts are in 10⁻⁶ token. */
export interface ChainSession {
  readonly sessionId: string;
  readonly idTag: string;
  readonly status: (typeof chainStatuses)[number];
  readonly terms: SessionTerms;
  readonly opening: SessionOpening;
  readonly toppedUpMicro: bigint;
  /** `batch`: the oracles' batch that settled it; `null` where its meter did. */
  readonly settlement: (SettlementResult & { readonly position: LogPosition; readonly batch: number | null }) | null;
  /** What driver and operator agreed that it costs; `null` where it was settled otherwise, or not at all. */
  readonly agreed: {
    readonly position: LogPosition;
    readonly chargedMicro: bigint;
    readonly returnedMicro: bigint;
  } | null;
  readonly expiry: LogPosition | null;
  readonly challenge: Challenge | null;
  /** The demand for the records behind its claim. */
  readonly demand: {
    readonly position: LogPosition;
    readonly demander: string;
    /** The last second (since 1970) at which it can be answered. */
    readonly answerableUntil: number;
    readonly ending: "open" | "shown" | "missing";
  } | null;
  /** What the operator gave back afterwards, in all and each time. */
  readonly refundedMicro: bigint;
  readonly refunds: readonly { readonly position: LogPosition; readonly amountMicro: bigint }[];
}

/** Events of sessions in a range of blocks, in order. */
export async function readSessionEvents(
  run: LogRun,
  chain: ChainAccess,
  range: { readonly fromBlock?: number; readonly toBlock?: number } = {},
): Promise<readonly ChainEvent[]> {
  const { chargingSettlement, meterSettlement, challenges } = chain.deployment.contracts;
  const logs = await readLogs(run, chain, { address: [chargingSettlement, meterSettlement, challenges] }, range);
  return readEvents(logs, chain.deployment, chain.interfaces);
}

/** All sessions of the deployment, in the order of their opening. */
export async function readSessions(run: LogRun, chain: ChainAccess): Promise<ReadonlyMap<string, ChainSession>> {
  return foldEvents(new Map(), await readSessionEvents(run, chain));
}

/**
 * A session from its events on the chain.
 *
 * A service that knows the session says in which blocks these stand, and up to which block it has read; then only those
 * blocks and the newer ones are read, however long the chain is. What they hold is the chain's word; that there are no
 * others is the service's. Without a service, and where it does not know the session, all blocks are read.
 * @param service `null`: no service is asked
 * @throws REGISTRY_ENTRY_UNKNOWN
 */
export async function requireSession(
  run: LogRun,
  chain: ChainAccess,
  sessionId: string,
  service: ServiceClient | null,
): Promise<ChainSession> {
  const known = service === null ? null : await readKnownBlocks(run, chain, sessionId, service);
  const session = known ?? (await readSessions(run, chain)).get(sessionId);
  if (session === undefined) {
    throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `No session ${sessionId} was opened at this deployment.`);
  }
  return session;
}

/** What a service says of where a session's events stand. */
export const placesSchema = z.object({
  eventBlocks: z.array(z.int().min(0)).min(1).max(knownBlocksLimit),
  followedBlock: z.int().min(0),
});

/** @returns `null` if the service does not help: it is away, does not know the session, or names other blocks */
async function readKnownBlocks(
  run: LogRun,
  chain: ChainAccess,
  sessionId: string,
  service: ServiceClient,
): Promise<ChainSession | null> {
  const places = await service.get(`/v1/sessions/${sessionId}`, placesSchema).catch((error: unknown) => {
    const code = error instanceof WattproofError ? error.code : null;
    if (code !== "SERVICE_UNREACHABLE" && code !== "SESSION_UNKNOWN") throw error;
    run.output.remark(`The service does not help (${code}): the whole history is read.`);
    return null;
  });
  if (places === null) return null;
  const { eventBlocks, followedBlock } = places;
  const events: ChainEvent[] = [];
  for (const block of eventBlocks.filter((number) => number <= followedBlock)) {
    events.push(...(await readSessionEvents(run, chain, { fromBlock: block, toBlock: block })));
  }
  const fromBlock = Math.max(followedBlock + 1, chain.deployment.blockNumber);
  events.push(...(await readSessionEvents(run, chain, { fromBlock })));
  return foldEvents(new Map(), events).get(sessionId) ?? null;
}

/** Sessions after these events. */
export function foldEvents(
  before: ReadonlyMap<string, ChainSession>,
  events: readonly ChainEvent[],
): ReadonlyMap<string, ChainSession> {
  const sessions = new Map(before);
  for (const event of events) {
    if (!("sessionId" in event)) continue;
    const next = apply(sessions.get(event.sessionId), event);
    if (next !== undefined) sessions.set(event.sessionId, next);
  }
  return sessions;
}

type SessionEvent = Extract<ChainEvent, { readonly sessionId: string }>;

function apply(session: ChainSession | undefined, event: SessionEvent): ChainSession | undefined {
  if (event.kind === "session-opened") {
    const { sessionId, terms, position, opening } = event;
    return {
      sessionId,
      idTag: idTagOf(sessionId, opening),
      status: "open",
      terms,
      opening: { ...position, ...opening },
      toppedUpMicro: 0n,
      settlement: null,
      agreed: null,
      expiry: null,
      challenge: null,
      demand: null,
      refundedMicro: 0n,
      refunds: [],
    };
  }
  if (session === undefined) return undefined;
  const { position } = event;
  switch (event.kind) {
    case "session-topped-up":
      return { ...session, toppedUpMicro: event.toppedUpMicro };
    case "session-settled": {
      const { batch, energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro } = event;
      const amounts = { energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro };
      return { ...session, status: "settled", settlement: { position, batch, ...amounts } };
    }
    case "session-agreed": {
      const { chargedMicro, returnedMicro } = event;
      return { ...session, status: "settled", agreed: { position, chargedMicro, returnedMicro } };
    }
    case "session-expired":
      return { ...session, status: "expired", expiry: position };
    case "claim-challenged": {
      const { challenger, paidMicro, provenMicro } = event;
      const { challenge: earlier } = session;
      const chargedMicro = earlier?.chargedMicro ?? paidMicro;
      return { ...session, challenge: { position, challenger, chargedMicro, provenMicro, earlier } };
    }
    case "session-refunded":
      return {
        ...session,
        refundedMicro: session.refundedMicro + event.amountMicro,
        refunds: [...session.refunds, { position, amountMicro: event.amountMicro }],
      };
    case "evidence-demanded": {
      const { demander, answerableUntil } = event;
      return { ...session, demand: { position, demander, answerableUntil, ending: "open" } };
    }
    case "evidence-shown":
      return endDemand(session, "shown");
    case "evidence-missing":
      return endDemand(session, "missing");
    case "settlement-skipped":
    case "opening-skipped":
      return session;
  }
}

function endDemand(session: ChainSession, ending: "shown" | "missing"): ChainSession {
  return session.demand === null ? session : { ...session, demand: { ...session.demand, ending } };
}
