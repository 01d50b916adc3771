import type { IncomingMessage } from "node:http";
import type { BlockList, Socket } from "node:net";

import { hopsOfForwarded, hopsOfForwardedFor, type Hop } from "./forwarded.ts";
import { isInNetworks, isLoopbackAddress, limitKeyOf, normalizeAddress } from "./ip-address.ts";

/** How the proxies that are trusted tell whom a request is of. */
export type ProxyWord = "x-forwarded-for" | "forwarded" | "proxy-protocol";

/** Who sent a request, as far as somebody who may say so does. */
export interface Client {
  /** Normalised; empty where the socket is gone already. */
  readonly address: string;
  /** What limits count by; of IPv6 the first 64 bits. */
  readonly key: string;
  /** Whether it surely came from this machine and nowhere else. */
  readonly isOnThisMachine: boolean;
}

/** The far end of a connection. */
export interface Peer {
  readonly address: string;
  readonly key: string;
  /** Whether many clients come through it. */
  readonly isTrustedProxy: boolean;
}

/** The one place that says who a client is. */
export interface ClientAddresses {
  /** The other end of a socket: with the PROXY protocol the client, once `announce` has told it. */
  peerOf(socket: Socket): Peer;
  clientOf(request: IncomingMessage): Client;
  /** Whether a socket begins with a header of the PROXY protocol. */
  isAnnounced(socket: Socket): boolean;
  /** Keeps what the header said, as long as the socket is open. `null`: the proxy speaks for itself. */
  announce(socket: Socket, address: string | null): void;
}

/** By these a proxy that nobody has named shows itself. */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** Addresses of clients, through these proxies and no others. Headers of anybody else say nothing. */
export function createClientAddresses(config: {
  readonly trustedProxies: BlockList;
  readonly proxyWord: ProxyWord;
}): ClientAddresses {
  const { trustedProxies, proxyWord } = config;
  /** By the socket's ports, since TLS has another object for the same connection. */
  const announced = new Map<string, string | null>();

  const isTrusted = (address: string): boolean => isInNetworks(trustedProxies, address);

  function peerAddressOf(socket: Socket): string {
    return normalizeAddress(socket.remoteAddress ?? "") ?? "";
  }

  function clientAt(address: string, isOnThisMachine: boolean): Client {
    return { address, key: address === "" ? "" : limitKeyOf(address), isOnThisMachine };
  }

  function hopsOf(request: IncomingMessage): readonly Hop[] {
    const header = request.headers[proxyWord];
    if (typeof header !== "string" || header.trim() === "") return [];
    return proxyWord === "forwarded" ? hopsOfForwarded(header) : hopsOfForwardedFor(header);
  }

  return {
    peerOf(socket) {
      const own = peerAddressOf(socket);
      const address = announced.get(connectionOf(socket)) ?? own;
      const isTrustedProxy = address === own && own !== "" && isTrusted(own);
      return { address, key: address === "" ? "" : limitKeyOf(address), isTrustedProxy };
    },
    clientOf(request) {
      const own = peerAddressOf(request.socket);
      if (own === "") return clientAt("", false);
      if (!isTrusted(own)) {
        const isForwarded = forwardingHeaders.some((name) => request.headers[name] !== undefined);
        return clientAt(own, isLoopbackAddress(own) && !isForwarded);
      }
      const hops =
        proxyWord === "proxy-protocol" ? [announced.get(connectionOf(request.socket)) ?? null] : hopsOf(request);
      // From the right: each hop was written down by the one before it, and counts as long as that one is trusted.
      let nearest: string | null = null;
      for (const hop of hops) {
        if (hop === null) break;
        nearest = hop;
        if (!isTrusted(hop)) break;
      }
      // A proxy that names nobody stands for itself, and nobody knows who is behind it.
      if (nearest === null) return clientAt(own, false);
      return clientAt(nearest, isLoopbackAddress(nearest) && !isTrusted(nearest));
    },
    isAnnounced: (socket) => proxyWord === "proxy-protocol" && isTrusted(peerAddressOf(socket)),
    announce(socket, address) {
      const connection = connectionOf(socket);
      announced.set(connection, address);
      socket.once("close", () => {
        announced.delete(connection);
      });
    },
  };
}

/** What no two open connections have in common. */
export function connectionOf(socket: Socket): string {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
