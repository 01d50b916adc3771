import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";

import { toMicroWh } from "../../domain/decimal.ts";
import type { RegisterReading, Store, StoredSession } from "../../store/store.ts";
import { WattproofError } from "../../errors.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { cdrView, publicSessionView, sessionView, toJson } from "./session-view.ts";
import type { SessionViewers } from "../driver/session-viewers.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { createWatcherPlaces, type Watcher } from "./watcher-places.ts";

/** What a session had delivered at one time. */
export interface LiveReading {
  readonly atMs: number;
  readonly energyMicroWh: bigint;
}

/** What a charger says; its time is its own. */
export interface UnsignedReading extends LiveReading {
  /** Between its first value and this one. */
  readonly durationMs: number;
  /** When the first value was there, by the service's clock. */
  readonly sinceMs: number;
}

/** Everybody who watches costs two reads of indexed rows in each round. */
const roundMs = 500;
/** Proxies close a connection on which nothing moves for a minute; most wait at least this long. */
const heartbeatMs = 15_000;
const reconnectMs = 1_000;

const parametersSchema = z.object({ sessionId: z.string().regex(/^0x[0-9a-f]{64}$/) });
/** Of the event that the page saw last: how many events the session had. */
const lastEventIdSchema = z
  .string()
  .regex(/^[0-9]{1,9}$/)
  .transform(Number);

/**
 * `GET /v1/sessions/:sessionId/events`: the session as server-sent events. Every event is the whole present state, so
 * that one that is missed does no harm, with the readings that the page does not have yet: its id is the number of the
 * session's steps, and `Last-Event-ID` says after which step the page wants to go on. Who shows no key sees what the
 * chain shows.
 */
export function createSessionEventsHandler(deps: {
  readonly store: Store;
  readonly viewers: SessionViewers;
  readonly entrance: Entrance;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}): RequestHandler {
  const { store, viewers, entrance, metrics, signal } = deps;
  const places = createWatcherPlaces(entrance.config);

  function takePlace(watcher: Watcher): () => void {
    try {
      const giveBack = places.take(watcher);
      metrics.watchers.set(places.taken);
      return giveBack;
    } catch (error) {
      entrance.watch.noteRefusedRequest("watchers", watcher.client);
      throw error;
    }
  }

  return async (request, response) => {
    const parameters = parametersSchema.safeParse(request.params);
    if (!parameters.success) throw new WattproofError("QUERY_INVALID", "sessionId: 0x and 64 lower-case digits.");
    const { sessionId } = parameters.data;
    const hasKey = await viewers.maySeeAll(request, sessionId);
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const { key: client } = entrance.clients.clientOf(request);
    const giveBack = takePlace({ client, sessionId, hasKey });
    try {
      begin(response);
      if (hasKey) await watch(store, session, seenBy(request), response, signal);
      else await watchPublicly(store, session, response, signal);
    } finally {
      giveBack();
      metrics.watchers.set(places.taken);
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

/** Aborted when the stream has to end, or has. */
function endOf(response: Response, stop: AbortSignal): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  // Who left while the store was asked leaves no further event.
  if (response.closed || response.destroyed) gone.abort();
  return AbortSignal.any([stop, gone.signal]);
}

/** An event whenever the chain says something new, and nothing of what happens at the charger. */
async function watchPublicly(store: Store, first: StoredSession, response: Response, stop: AbortSignal): Promise<void> {
  const signal = endOf(response, stop);
  let sent = "";
  let quietMs = 0;
  let session: StoredSession | null = first;
  while (!signal.aborted) {
    const content: string =
      session === null ? sent : JSON.stringify({ visibility: "public", session: publicSessionView(session) });
    if (content !== sent) {
      response.write(`event: session\ndata: ${content}\n\n`);
      sent = content;
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

async function watch(
  store: Store,
  first: StoredSession,
  seen: number,
  response: Response,
  stop: AbortSignal,
): Promise<void> {
  const signal = endOf(response, stop);
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

/** What the charger says over OCPP was delivered so far, and since when; no meter has signed it. */
async function readUnsigned(store: Store, sessionId: string): Promise<UnsignedReading | null> {
  const transaction = await store.findTransactionOfSession(sessionId);
  const watched = transaction?.watched ?? null;
  if (transaction === null || watched === null) return null;
  const durationMs = watched.atMs - watched.beganAtMs;
  const energyMicroWh = toMicroWh(watched.energyWh, "down");
  // Chargers' clocks are wrong: how long it lasts is theirs, when it was heard is ours.
  return { atMs: watched.atMs, energyMicroWh, durationMs, sinceMs: transaction.lastMessageAtMs - durationMs };
}

async function eventOf(
  store: Store,
  session: StoredSession,
  seen: number,
  unsigned: UnsignedReading | null,
): Promise<string> {
  const cdr = await store.findCdr(session.sessionId);
  const readings = liveReadingsOf(await store.listReadings(session.sessionId), seen);
  const content = JSON.stringify({
    visibility: "whole",
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
