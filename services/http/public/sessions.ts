import type { Request, RequestHandler } from "express";
import { getAddress } from "ethers";
import { z } from "zod";

import { sessionStatuses } from "../../domain/session.ts";
import { WattproofError } from "../../errors.ts";
import type { ReceiptWriter } from "../../settlement/receipt.ts";
import type { Store } from "../../store/store.ts";
import { cdrView, publicSessionView, sessionView, transactionView } from "./session-view.ts";
import type { SessionViewers } from "../driver/session-viewers.ts";

const sessionId = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((text) => text.toLowerCase());
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => getAddress(text.toLowerCase()));
export const listQuery = z.strictObject({
  state: z.enum(sessionStatuses).optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .pipe(z.number().max(1_000))
    .optional(),
  after: sessionId.optional(),
  operator: address.optional(),
  driver: address.optional(),
  evse: z
    .string()
    .regex(/^[1-9][0-9]{0,15}$/)
    .transform(Number)
    .optional(),
  ended: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  order: z.enum(["oldest-first", "newest-first"]).optional(),
});
const defaultLimit = 100;

/** Which states are the chain's to tell; who asks for the others asks for what the service knows. */
const publicStates: ReadonlySet<string> = new Set(["settled", "expired", "unconfirmed"]);

/** `GET /v1/sessions`, in the order in which the sessions became known, or the newest first. */
export function listSessions(store: Store, viewers: SessionViewers): RequestHandler {
  return async (request, response) => {
    const isOperator = await viewers.maySeeAll(request, null);
    const parsed = listQuery.safeParse(request.query);
    if (!parsed.success) throw queryInvalid(parsed.error);
    const { state = null, limit = defaultLimit, after = null, ended: isEnded, order, ...whose } = parsed.data;
    if (!isOperator && state !== null && !publicStates.has(state)) {
      throw new WattproofError("SESSION_UNAUTHENTICATED", "Only the operator may look for sessions in this state.");
    }
    // Read first: what it does not cover may be missing in the list.
    const followedBlock = (await store.readCursor())?.number ?? null;
    const sessions = await store.listSessions({
      ...{ status: state, limit, after, isEnded, ...whose },
      ...(order === undefined ? {} : { order }),
    });
    const isMore = sessions.length === limit;
    response.json({
      sessions: sessions.map(isOperator ? sessionView : publicSessionView),
      next: isMore ? (sessions.at(-1)?.sessionId ?? null) : null,
      followedBlock,
    });
  };
}

/** `GET /v1/sessions/:sessionId`: whole for the session's driver and the operator, else what the chain says. */
export function showSession(store: Store, viewers: SessionViewers): RequestHandler {
  return async (request, response) => {
    const id = readSessionId(request);
    const maySeeAll = await viewers.maySeeAll(request, id);
    const session = await store.findSession(id);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const chainReading = await readPlaces(store, id);
    if (!maySeeAll) {
      response.json({ visibility: "public", session: publicSessionView(session), ...chainReading });
      return;
    }
    const cdr = await store.findCdr(id);
    const records = await store.listRecords(id);
    const consent = await store.findConsent(id);
    const transaction = await store.findTransactionOfSession(id);
    response.json({
      visibility: "whole",
      session: sessionView(session),
      ...chainReading,
      cdr: cdr === null ? null : cdrView(cdr, session),
      unsignedEnergyConsent: consent === null ? null : { capMicro: consent.capMicro.toString() },
      ocppTransaction: transaction === null ? null : transactionView(transaction),
      records: records.map(({ recordIdentity, payloadSha256, isBoundToSession, isSettleableByMeter, energyWh }) => ({
        recordIdentity,
        payloadSha256,
        isBoundToSession,
        isSettleableByMeter,
        energyWh,
      })),
    });
  };
}

/** The blocks with the session's events, and the last block that was read: who checks them need not read the others. */
async function readPlaces(
  store: Store,
  sessionId: string,
): Promise<{ readonly eventBlocks: readonly number[]; readonly followedBlock: number | null }> {
  // The cursor first: an event that comes meanwhile is behind it, and read by whoever reads on from there.
  const followedBlock = (await store.readCursor())?.number ?? null;
  const blocks = (await store.listEventPlaces(sessionId)).map(({ blockNumber }) => blockNumber);
  return { eventBlocks: [...new Set(blocks)].toSorted((left, right) => left - right), followedBlock };
}

/** `GET /v1/receipts/:sessionId`. */
export function showReceipt(receipts: ReceiptWriter): RequestHandler {
  return async (request, response) => {
    response.json(await receipts.writeReceipt(readSessionId(request)));
  };
}

/** @throws QUERY_INVALID */
export function readSessionId(request: Request): string {
  const parsed = sessionId.safeParse(request.params["sessionId"]);
  if (!parsed.success) throw new WattproofError("QUERY_INVALID", "sessionId: 0x and 64 hexadecimal digits.");
  return parsed.data;
}

function queryInvalid(error: z.ZodError): WattproofError {
  const problems = error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.code}`);
  return new WattproofError("QUERY_INVALID", problems.join("; ").slice(0, 300));
}
