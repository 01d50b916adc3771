import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";

import { toMicroWh } from "../../domain/decimal.ts";
import type { RegisterReading, Store, StoredSession } from "../../store/store.ts";
import { WattproofError } from "../../errors.ts";
import { cdrView, sessionView, toJson } from "../../ingest/http/session-view.ts";

/** What a session had delivered at one time. */
export interface LiveReading {
  readonly atMs: number;
  readonly energyMicroWh: bigint;
}

/** Everybody who watches costs two reads of indexed rows in each round. */
const roundMs = 500;
/** Proxies close a connection on which nothing moves for a minute; most wait at least this long. */
const heartbeatMs = 15_000;
const reconnectMs = 1_000;
const watcherLimit = 500;

const parametersSchema = z.object({ sessionId: z.string().regex(/^0x[0-9a-f]{64}$/) });
/** Of the event that the page saw last: how many events the session had. */
const lastEventIdSchema = z
  .string()
  .regex(/^[0-9]{1,9}$/)
  .transform(Number);

/**
 * `GET /v1/sessions/:sessionId/events`: the session as server-sent events. Every event is the whole present state, so
 * that one that is missed does no harm, with the readings that the page does not have yet: its id is the number of the
 * session's steps, and `Last-Event-ID` says after which step the page wants to go on.
 */
export function createSessionEventsHandler(deps: {
  readonly store: Store;
  readonly signal: AbortSignal;
}): RequestHandler {
  const { store, signal } = deps;
  let watchers = 0;

  return async (request, response) => {
    const parameters = parametersSchema.safeParse(request.params);
    if (!parameters.success) throw new WattproofError("QUERY_INVALID", "sessionId: 0x and 64 lower-case digits.");
    const { sessionId } = parameters.data;
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    if (watchers >= watcherLimit) {
      throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${watcherLimit} watchers at once.`);
    }
    watchers += 1;
    try {
      begin(response);
      await watch(store, session, seenBy(request), response, signal);
    } finally {
      watchers -= 1;
      response.end();
    }
  };
}

/** What is no number that we gave is taken as nothing seen: then everything is sent, which is never wrong. */
function seenBy(request: Request): number {
  return lastEventIdSchema.safeParse(request.get("last-event-id")).data ?? -1;
}

function begin(response: Response): void {
  response.set({
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
    // When the stream ends nothing else comes over this connection, and the service need not wait for it to idle.
    connection: "close",
  });
  response.flushHeaders();
  response.write(`retry: ${reconnectMs}\n\n`);
}

async function watch(
  store: Store,
  first: StoredSession,
  seen: number,
  response: Response,
  stop: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  const signal = AbortSignal.any([stop, gone.signal]);
  let sent = seen;
  let sentUnsignedMs: number | null = null;
  let quietMs = 0;
  let session: StoredSession | null = first;
  while (!signal.aborted) {
    const unsigned = await readUnsigned(store, first.sessionId);
    if (session !== null && (session.sequence !== sent || (unsigned?.atMs ?? null) !== sentUnsignedMs)) {
      response.write(await eventOf(store, session, sent, unsigned));
      sent = session.sequence;
      sentUnsignedMs = unsigned?.atMs ?? null;
      quietMs = 0;
    } else if (quietMs >= heartbeatMs) {
      response.write(": still here\n\n");
      quietMs = 0;
    }
    await pause(signal);
    quietMs += roundMs;
    session = await store.findSession(first.sessionId);
  }
}

/** What the charger says over OCPP was delivered so far; no meter has signed it. */
async function readUnsigned(store: Store, sessionId: string): Promise<LiveReading | null> {
  const watched = (await store.findTransactionOfSession(sessionId))?.watched ?? null;
  return watched === null ? null : { atMs: watched.atMs, energyMicroWh: toMicroWh(watched.energyWh, "down") };
}

async function eventOf(
  store: Store,
  session: StoredSession,
  seen: number,
  unsigned: LiveReading | null,
): Promise<string> {
  const cdr = await store.findCdr(session.sessionId);
  const readings = liveReadingsOf(await store.listReadings(session.sessionId), seen);
  const content = JSON.stringify({
    session: sessionView(session),
    cdr: cdr === null ? null : cdrView(cdr, session),
    readings: toJson(readings),
    unsigned: toJson(unsigned),
  });
  // JSON has no line breaks, so one data line holds all.
  return `id: ${session.sequence}\nevent: session\ndata: ${content}\n\n`;
}

/** What was delivered by each record, counted from the session's first value of the same register. */
export function liveReadingsOf(readings: readonly RegisterReading[], seen: number): readonly LiveReading[] {
  const [first] = readings;
  if (first === undefined) return [];
  return readings
    .filter(({ register, sequence }) => register === first.register && sequence >= seen)
    .map(({ receivedAtMs, endMicroWh }) => ({ atMs: receivedAtMs, energyMicroWh: endMicroWh - first.beginMicroWh }));
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, roundMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
