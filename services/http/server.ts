/**
 * The HTTP port. In come requests of anybody; out goes, to each one, exactly one answer: what its door says, or an error
 * of the catalogue. Before a door sees a request, `entrance/` has bounded its socket, its header, its time and the wrong
 * keys of its client. Each room registers its own doors, in its `doors.ts`: `station/` (signed records), `driver/` (what
 * drivers sign), `operator/` (with the operator's key), `peer/` (other oracles), `public/` (anybody: sessions and their
 * events, receipts, health, the page). A door parses, limits and asks; what follows is decided in the rooms behind it.
 * `services/index.ts` opens the port; requests to upgrade go to the chargers' door in `services/ocpp`.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import type { ErrorRequestHandler, Express, RequestHandler } from "express";
import express from "express";

import { errorCatalogue, WattproofError } from "../errors.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import { answerError, refuseInForm, toCatalogueError } from "./answer-error.ts";
import type { HttpDoor } from "./door.ts";
import { guardConnections } from "./entrance/connection-guard.ts";
import type { Entrance } from "./entrance/entrance.ts";
import { logRequests } from "./entrance/request-log.ts";
import { admitKeys, noteWrongKey } from "./entrance/watch-keys.ts";

export interface HttpServerDeps {
  readonly entrance: Entrance;
  /** The longest that a request which has come whole waits for its answer. */
  readonly answerTimeoutMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What is served, room by room; no two have the same path. */
  readonly doors: readonly HttpDoor[];
  /** Files that are served where no door is. */
  readonly serveFiles?: (application: Express) => void;
  /** Takes requests to upgrade to a websocket. */
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** The HTTP door while it is open. */
export interface HttpServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Takes no more requests, and resolves when those begun are answered or the grace period is over. */
  close(): Promise<void>;
}

const closeGraceMs = 10_000;
const headerLimitBytes = 8_192;
/** For the few bytes that say why a socket is ended; who does not take them has them not. */
const farewellMs = 1_000;
/** Sockets are looked at so often, and at least five times before their time is over. */
const lookIntervalMs = 1_000;
const looksPerTimeout = 5;

/** Builds the application: what every request goes through, the doors of the rooms, and one answer for everything else. */
export function createHttpApplication(deps: HttpServerDeps): Express {
  const { entrance } = deps;
  const application = express();
  application.disable("x-powered-by");
  application.disable("etag");
  application.set("query parser", "simple");
  // One way to write each address: what a proxy keeps from strangers is not open to them under another.
  application.enable("case sensitive routing");
  application.enable("strict routing");
  application.use(safeHeaders);
  application.use(logRequests(deps));
  application.use(admitKeys(entrance));
  for (const door of deps.doors) openDoor(application, door);
  deps.serveFiles?.(application);

  application.use((request) => {
    throw new WattproofError("ROUTE_UNKNOWN", `There is no ${request.path.slice(0, 100)}.`);
  });
  // Express tells error handlers from others by their four parameters.
  const answerAnyError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    const known = toCatalogueError(error);
    noteWrongKey(entrance, request, known);
    if (response.locals["error"] === undefined) response.locals["error"] = error;
    answerError(response, known);
    if (response.destroyed) next();
  };
  application.use(answerAnyError);
  return application;
}

/** @throws CONFIGURATION_INVALID if the address cannot be listened on */
export async function openHttpServer(deps: HttpServerDeps, host: string, port: number): Promise<HttpServer> {
  const application = createHttpApplication(deps);
  const { config, clients, watch } = deps.entrance;
  const { headersTimeoutMs, requestTimeoutMs } = config;
  const server = createServer(
    {
      maxHeaderSize: headerLimitBytes,
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      keepAliveTimeout: config.keepAliveMs,
      connectionsCheckingInterval: Math.min(lookIntervalMs, Math.ceil(headersTimeoutMs / looksPerTimeout)),
    },
    application,
  );
  // Who takes nothing of an answer, or sends nothing for so long, is ended, whatever else is due.
  server.setTimeout(requestTimeoutMs + deps.answerTimeoutMs);
  const guard = guardConnections(server, {
    limits: config,
    clients,
    onLimited: (limited, address) => {
      watch.noteConnection("http", limited, address);
    },
    onCount: (open) => {
      watch.noteOpenSockets("http", open);
    },
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    deps.log.info({ outcome: "broken", code: error.code }, "request");
    answerBrokenRequest(error, socket);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    guard.release(socket);
    deps.upgrade(request, socket, head);
  });
  await listen(server, host, port);

  return {
    url: urlOf(server),
    close: () => closeServer(server),
  };
}

function openDoor(application: Express, { path, method, handler, refusalOf, hasEffect = false }: HttpDoor): void {
  const takesHead = method === "GET" && !hasEffect;
  const allowed = takesHead ? "GET, HEAD" : method;
  application.all(path, (request, response, next) => {
    response.locals["route"] = path;
    if (refusalOf !== undefined) refuseInForm(response, refusalOf);
    // The promise is returned, so that Express hands a rejection to the error handler.
    if (request.method === method || (takesHead && request.method === "HEAD")) {
      return handler(request, response, next);
    }
    response.set("allow", allowed);
    throw new WattproofError("METHOD_NOT_ALLOWED", `Allowed: ${allowed}.`);
  });
}

const safeHeaders: RequestHandler = (_request, response, next) => {
  response.locals["requestId"] = randomUUID();
  response.set({
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
  next();
};

const brokenRequestCodes: Readonly<Record<string, "BODY_TOO_LARGE" | "REQUEST_TIMEOUT">> = {
  HPE_HEADER_OVERFLOW: "BODY_TOO_LARGE",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
};

/** What is no HTTP request has no response object either; it still gets an answer of the catalogue. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const code = brokenRequestCodes[error.code ?? ""] ?? "ENVELOPE_INVALID";
  const { httpStatus, title, isRetryable } = errorCatalogue[code];
  const detail = "This is no HTTP/1.1 request within the limits.";
  const body = JSON.stringify({ error: { code, title, detail, retryable: isRetryable } });
  // The other side may be gone while this is written; nothing follows from that.
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${httpStatus} Refused\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Who does not close its side would keep the socket; who does not read, the bytes.
  socket.destroySoon();
  setTimeout(() => socket.destroy(), farewellMs).unref();
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(new WattproofError("CONFIGURATION_INVALID", `Cannot listen on ${host}:${port}.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new WattproofError("INTERNAL", "No address to listen on.");
  const { family, address: host, port }: AddressInfo = address;
  return `http://${family === "IPv6" ? `[${host}]` : host}:${port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const grace = setTimeout(() => {
      server.closeAllConnections();
    }, closeGraceMs);
    server.close(() => {
      clearTimeout(grace);
      resolve();
    });
    server.closeIdleConnections();
  });
}
