import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { connectionOf, type ClientAddresses } from "./client-address.ts";
import { readProxyHeader } from "./proxy-protocol.ts";

/** How many sockets may be open, and how long one may take for what comes before a request. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly headersTimeoutMs: number;
}

/** What the guard did. `interrupted`: a socket that waited gave its place to a newer one. */
export type ConnectionLimited = "interrupted" | "refused";

/** Keeps places free on a server's port, whoever else holds on to theirs. */
export interface ConnectionGuard {
  /** A websocket is counted elsewhere from now on. */
  release(socket: Socket): void;
}

interface Place {
  readonly socket: Socket;
  /** `null`: a proxy, whose clients are many. */
  readonly key: string | null;
  request: IncomingMessage | null;
  response: ServerResponse | null;
}

/** Of all places, so many are for addresses that hold few: for whoever looks whether we live, and for chargers. */
const keptShare = 8;
const fewConnections = 4;

/**
 * Stands before a server's own handling of connections. Who holds too many sockets loses the oldest of them that waits
 * for a request or for the rest of one; a socket whose request is being answered is never interrupted. So a newcomer is
 * let in while anybody idles, from the same address, too.
 */
export function guardConnections(
  server: Server,
  deps: {
    readonly limits: ConnectionLimits;
    readonly clients: ClientAddresses;
    readonly onLimited: (limited: ConnectionLimited, address: string) => void;
    /** Sockets that are open and carry no websocket. */
    readonly onCount: (open: number) => void;
  },
): ConnectionGuard {
  const { limits, clients, onLimited, onCount } = deps;
  const { connections, connectionsPerAddress, headersTimeoutMs } = limits;
  const keptPlaces = Math.floor(connections / keptShare);
  /** In the order in which they came. */
  const places = new Map<string, Place>();
  const perAddress = new Map<string, Map<string, Place>>();

  function remove(connection: string): void {
    const place = places.get(connection);
    if (place === undefined) return;
    places.delete(connection);
    onCount(places.size);
    if (place.key === null) return;
    const others = perAddress.get(place.key);
    others?.delete(connection);
    if (others?.size === 0) perAddress.delete(place.key);
  }

  /** Takes the place of the oldest of these that waits. */
  function interrupt(among: ReadonlyMap<string, Place>, address: string): boolean {
    for (const [connection, place] of among) {
      if (!isWaiting(place)) continue;
      remove(connection);
      place.socket.destroy();
      onLimited("interrupted", address);
      return true;
    }
    return false;
  }

  function hasPlace(key: string | null, address: string): boolean {
    const own = key === null ? undefined : perAddress.get(key);
    const ownCount = own?.size ?? 0;
    const isFew = ownCount < fewConnections;
    if (own !== undefined) {
      const isAboveShare = places.size >= connections - keptPlaces && !isFew;
      if (ownCount >= connectionsPerAddress || isAboveShare) return interrupt(own, address);
    }
    return places.size < connections || interrupt(places, address);
  }

  function take(socket: Socket): boolean {
    const { address, key, isTrustedProxy } = clients.peerOf(socket);
    // Gone before anybody looked.
    if (address === "") return false;
    const countedBy = isTrustedProxy ? null : key;
    if (!hasPlace(countedBy, address)) {
      onLimited("refused", address);
      return false;
    }
    const connection = connectionOf(socket);
    const place: Place = { socket, key: countedBy, request: null, response: null };
    places.set(connection, place);
    onCount(places.size);
    if (countedBy !== null) {
      const others = perAddress.get(countedBy) ?? new Map<string, Place>();
      perAddress.set(countedBy, others.set(connection, place));
    }
    socket.once("close", () => {
      // The same ports may be in use again by then.
      if (places.get(connection) === place) remove(connection);
    });
    return true;
  }

  // The server's own handling comes after the guard's.
  const handlers = server.listeners("connection");
  server.removeAllListeners("connection");
  const handOver = (socket: Socket): void => {
    for (const handler of handlers) Reflect.apply(handler, server, [socket]);
  };
  const handOverIfPlaced = (socket: Socket): void => {
    if (take(socket)) handOver(socket);
    else socket.destroy();
  };
  server.on("connection", (socket: Socket) => {
    if (clients.isAnnounced(socket)) readAnnouncement(socket, clients, headersTimeoutMs, handOverIfPlaced);
    else handOverIfPlaced(socket);
  });
  server.prependListener("request", (request, response) => {
    const place = places.get(connectionOf(request.socket));
    if (place === undefined) return;
    place.request = request;
    place.response = response;
  });

  return {
    release(socket) {
      remove(connectionOf(socket));
    },
  };
}

/** Whether nothing is lost but time if the connection ends: no request has come whole, or the last one is answered. */
function isWaiting({ key, request, response }: Place): boolean {
  if (key === null) return false;
  return request === null || !request.complete || response === null || response.writableFinished || response.destroyed;
}

/** Takes the header of the PROXY protocol off a socket; one that is none or does not come in time ends it. */
function readAnnouncement(
  socket: Socket,
  clients: ClientAddresses,
  timeoutMs: number,
  onRead: (socket: Socket) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onError = (): void => {
    socket.destroy();
  };
  const onClose = (): void => {
    clearTimeout(timer);
  };
  const onReadable = (): void => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) return;
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header.kind === "incomplete") return;
    if (header.kind === "invalid") {
      socket.destroy();
      return;
    }
    clearTimeout(timer);
    socket.off("readable", onReadable).off("error", onError).off("close", onClose);
    clients.announce(socket, header.address);
    const rest = bytes.subarray(header.lengthBytes);
    if (rest.length > 0) socket.unshift(rest);
    onRead(socket);
  };
  socket.on("readable", onReadable).on("error", onError).on("close", onClose);
}
