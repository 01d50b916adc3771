import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { EntranceConfig } from "../http/entrance/entrance.ts";
import { readNetworks } from "../http/entrance/ip-address.ts";
import { integer } from "./setting-types.ts";

/** The settings of who waits at the doors, and for how long. */
export const entranceSettings = {
  HTTP_CONNECTIONS: integer(16, 1_000_000).prefault("4096").meta({
    description:
      "Most sockets of the HTTP port, those of chargers not counted. An eighth is kept for addresses with few.",
  }),
  HTTP_CONNECTIONS_PER_ADDRESS: integer(4, 1_000_000).prefault("256").meta({
    description:
      "Sockets of one address, on the HTTP port and on chargers' ports, beyond which the oldest that waits is ended.",
  }),
  HTTP_HEADERS_TIMEOUT_MS: integer(100, 600_000)
    .prefault("10000")
    .meta({ description: "After how long a socket without a whole header is ended, in milliseconds." }),
  HTTP_REQUEST_TIMEOUT_MS: integer(100, 3_600_000)
    .prefault("30000")
    .meta({ description: "After how long a request that has not come whole is ended, in milliseconds." }),
  HTTP_KEEP_ALIVE_MS: integer(100, 600_000)
    .prefault("5000")
    .meta({ description: "After how long a socket without a further request is ended, in milliseconds." }),
  TRUSTED_PROXIES: z.string().prefault("").meta({
    description:
      "Networks of the proxies in front, separated by commas, such as `10.0.0.0/8, 2001:db8::/64`; what they say of a client's address counts, and nobody else's word.",
  }),
  PROXY_WORD: z.enum(["x-forwarded-for", "forwarded", "proxy-protocol"]).prefault("x-forwarded-for").meta({
    description:
      "How these proxies say whom a request is of: a header, read from the right, or the PROXY protocol, version 1 or 2.",
  }),
  WRONG_KEYS_PER_MINUTE: integer(1, 60_000).prefault("10").meta({
    description: "Wrong keys for one name beyond which an address waits; six times as many for all names together.",
  }),
  REQUESTS_PER_MINUTE: integer(1, 1_000_000).prefault("120").meta({
    description: "Consents, stops and the like that one client may ask for per minute.",
  }),
  WATCHERS: integer(1, 100_000)
    .prefault("500")
    .meta({ description: "Most streams of sessions' events. Half are kept for whoever may see the whole session." }),
  WATCHERS_PER_CLIENT: integer(1, 100_000)
    .prefault("20")
    .meta({ description: "Most streams of one client, and of one session." }),
  PAGE_RPC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        "JSON-RPC endpoint for what the driver's page reads. By default that of the settlement, which the page's readers then use up, too.",
    }),
  PAGE_RPC_PER_MINUTE: integer(1, 1_000_000)
    .prefault("1200")
    .meta({ description: "Questions at `/rpc` that one client may ask per minute; a wide one counts for several." }),
  QUORUM_REQUESTS_PER_MINUTE: integer(1, 60_000)
    .prefault("120")
    .meta({ description: "Requests for signatures that one oracle may send per minute." }),
  QUORUM_BYTES_PER_DAY: integer(1_048_576, 1_099_511_627_776)
    .prefault("2147483648")
    .meta({ description: "Bytes of such requests that are taken from one oracle per day; an eighth of it at once." }),
};

/** The settings as the service uses them. @throws CONFIGURATION_INVALID */
export function entranceOf(settings: z.output<z.ZodObject<typeof entranceSettings>>): EntranceConfig {
  const trustedProxies = readNetworks(settings.TRUSTED_PROXIES);
  if (trustedProxies === null) {
    throw new WattproofError(
      "CONFIGURATION_INVALID",
      "WATTPROOF_TRUSTED_PROXIES: addresses or networks such as 10.0.0.0/8, separated by commas.",
    );
  }
  if (settings.HTTP_REQUEST_TIMEOUT_MS < settings.HTTP_HEADERS_TIMEOUT_MS) {
    throw new WattproofError(
      "CONFIGURATION_INVALID",
      "WATTPROOF_HTTP_REQUEST_TIMEOUT_MS: not below WATTPROOF_HTTP_HEADERS_TIMEOUT_MS.",
    );
  }
  return {
    connections: settings.HTTP_CONNECTIONS,
    connectionsPerAddress: settings.HTTP_CONNECTIONS_PER_ADDRESS,
    headersTimeoutMs: settings.HTTP_HEADERS_TIMEOUT_MS,
    requestTimeoutMs: settings.HTTP_REQUEST_TIMEOUT_MS,
    keepAliveMs: settings.HTTP_KEEP_ALIVE_MS,
    trustedProxies,
    proxyWord: settings.PROXY_WORD,
    wrongKeysPerMinute: settings.WRONG_KEYS_PER_MINUTE,
    requestsPerMinute: settings.REQUESTS_PER_MINUTE,
    watchers: settings.WATCHERS,
    watchersPerClient: settings.WATCHERS_PER_CLIENT,
    readersRpcUrl: settings.PAGE_RPC_URL ?? null,
    readsPerMinute: settings.PAGE_RPC_PER_MINUTE,
    peers: {
      requestsPerMinute: settings.QUORUM_REQUESTS_PER_MINUTE,
      bytesPerDay: settings.QUORUM_BYTES_PER_DAY,
    },
  };
}
