import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";

import type { OcppConfig } from "../../config/ocpp-settings.ts";
import { WattproofError } from "../../errors.ts";
import { guardConnections } from "../../http/entrance/connection-guard.ts";
import type { Entrance } from "../../http/entrance/entrance.ts";

/** Takes a request to upgrade. */
export type TakeUpgrade = (isTls: boolean, request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** The door's own servers while they listen. */
export interface Listeners {
  /** Without a slash at the end; `null` where the configuration has none. */
  readonly plainUrl: string | null;
  readonly tlsUrl: string | null;
  /** Takes no more connections; resolves when those that were open are gone. */
  close(): Promise<void>;
}

const headerLimitBytes = 8_192;
/** Sockets are looked at so often, and at least five times before their time is over. */
const lookIntervalMs = 1_000;
const looksPerTimeout = 5;

/** @throws CONFIGURATION_INVALID if a certificate cannot be read or an address cannot be listened on */
export async function openListeners(
  config: OcppConfig,
  entrance: Entrance,
  host: string,
  take: TakeUpgrade,
): Promise<Listeners> {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveMs } = entrance.config;
  const options = {
    maxHeaderSize: headerLimitBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(lookIntervalMs, Math.ceil(headersTimeoutMs / looksPerTimeout)),
  };
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };

  async function open(server: Server, port: number, isTls: boolean): Promise<string> {
    const name = isTls ? "ocpp-tls" : "ocpp";
    servers.push(server);
    // Until a request to upgrade has come; then the socket is a charger's, and its own pings watch it.
    server.setTimeout(requestTimeoutMs);
    const guard = guardConnections(server, {
      limits: entrance.config,
      clients: entrance.clients,
      onLimited: (limited, address) => {
        entrance.watch.noteConnection(name, limited, address);
      },
      onCount: (count) => {
        entrance.watch.noteOpenSockets(name, count);
      },
    });
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      guard.release(socket);
      take(isTls, request, socket, head);
    });
    await listen(server, host, port);
    return urlOf(server, isTls ? "wss" : "ws");
  }

  try {
    const { port, tls } = config;
    return {
      plainUrl: port === null ? null : await open(createServer(options, askForUpgrade), port, false),
      tlsUrl:
        tls === null
          ? null
          : await open(
              createTlsServer({ ...options, ...readTlsFiles(tls), handshakeTimeout: headersTimeoutMs }, askForUpgrade),
              tls.port,
              true,
            ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const askForUpgrade: RequestListener = (_request, response) => {
  response.writeHead(426, { upgrade: "websocket", connection: "close" }).end();
};

function readTlsFiles(tls: NonNullable<OcppConfig["tls"]>) {
  const { certificatePath, keyPath, clientAuthorityPath } = tls;
  try {
    return {
      cert: readFileSync(certificatePath),
      key: readFileSync(keyPath),
      minVersion: "TLSv1.2",
      // Chargers of profile 2 have no certificate; who has one is looked at when the charger says who it is.
      requestCert: clientAuthorityPath !== null,
      rejectUnauthorized: false,
      ...(clientAuthorityPath === null ? {} : { ca: readFileSync(clientAuthorityPath) }),
    } as const;
  } catch (error) {
    throw new WattproofError("CONFIGURATION_INVALID", "A file for OCPP with TLS cannot be read.", { cause: error });
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(new WattproofError("CONFIGURATION_INVALID", `Cannot listen on ${host}:${port}.`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, scheme: "ws" | "wss"): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new WattproofError("INTERNAL", "No address to listen on.");
  return `${scheme}://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
