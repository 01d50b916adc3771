import type { BlockList } from "node:net";

import type { z } from "zod";

import { readNetworks } from "../http/entrance/ip-address.ts";
import { section } from "./section.ts";
import { choice, httpUrl, integer, optional, parsed, setting, type Kind } from "./setting.ts";

const networks: Kind<BlockList> = parsed(
  readNetworks,
  "list of networks",
  "addresses or networks such as 10.0.0.0/8, separated by commas",
);

/** How many may wait at the doors, for how long, and through whom they come. */
export const entranceSection = section(
  "Doors",
  {
    connections: setting(
      "HTTP_CONNECTIONS",
      integer(16, 1_000_000),
      4_096,
      "Sockets of the HTTP port at most, those of chargers not counted. An eighth is kept for addresses with few.",
    ),
    connectionsPerAddress: setting(
      "HTTP_CONNECTIONS_PER_ADDRESS",
      integer(4, 1_000_000),
      256,
      "When one address has more sockets than this on the HTTP port and chargers' ports, the oldest that waits is ended.",
    ),
    headersTimeoutMs: setting(
      "HTTP_HEADERS_TIMEOUT_MS",
      integer(100, 600_000, "ms"),
      10_000,
      "End a socket that has not sent a whole header within this time (ms).",
    ),
    requestTimeoutMs: setting(
      "HTTP_REQUEST_TIMEOUT_MS",
      integer(100, 3_600_000, "ms"),
      30_000,
      "End a request that has not come whole within this time (ms).",
    ),
    keepAliveMs: setting(
      "HTTP_KEEP_ALIVE_MS",
      integer(100, 600_000, "ms"),
      5_000,
      "End a socket that sends no further request within this time (ms).",
    ),
    trustedProxies: setting(
      "TRUSTED_PROXIES",
      networks,
      "",
      "Networks of the proxies in front, separated by commas, such as `10.0.0.0/8, 2001:db8::/64`. Only these may say which address a client has.",
    ),
    proxyWord: setting(
      "PROXY_WORD",
      choice("x-forwarded-for", "forwarded", "proxy-protocol"),
      "x-forwarded-for",
      "How these proxies name the client: a header, read from the right, or the PROXY protocol, version 1 or 2.",
    ),
    wrongKeysPerMinute: setting(
      "WRONG_KEYS_PER_MINUTE",
      integer(1, 60_000),
      10,
      "An address waits when it sends more wrong keys per minute than this for one name, or six times as many for all names.",
    ),
    requestsPerMinute: setting(
      "REQUESTS_PER_MINUTE",
      integer(1, 1_000_000),
      120,
      "Consents, stops and the like that one client may ask for per minute.",
    ),
    watchers: setting(
      "WATCHERS",
      integer(1, 100_000),
      500,
      "Streams of sessions' events at most. Half are kept for clients that may see the whole session.",
    ),
    watchersPerClient: setting(
      "WATCHERS_PER_CLIENT",
      integer(1, 100_000),
      20,
      "Streams of one client, and of one session, at most.",
    ),
    readersRpcUrl: optional(
      "PAGE_RPC_URL",
      httpUrl,
      "JSON-RPC endpoint for what the driver's page reads. By default the settlement's own endpoint, which readers then use up, too.",
    ),
    readsPerMinute: setting(
      "PAGE_RPC_PER_MINUTE",
      integer(1, 1_000_000),
      1_200,
      "Questions at `/rpc` that one client may ask per minute; a wide one counts for several.",
    ),
    peerRequestsPerMinute: setting(
      "QUORUM_REQUESTS_PER_MINUTE",
      integer(1, 60_000),
      120,
      "Requests for signatures that one oracle may send per minute.",
    ),
    peerBytesPerDay: setting(
      "QUORUM_BYTES_PER_DAY",
      integer(1_048_576, 1_099_511_627_776, "bytes"),
      2_147_483_648,
      "Bytes of such requests that one oracle may send per day; an eighth of it at once.",
    ),
  },
  ({ peerRequestsPerMinute: requestsPerMinute, peerBytesPerDay: bytesPerDay, ...values }, complain) =>
    values.requestTimeoutMs < values.headersTimeoutMs
      ? complain("HTTP_REQUEST_TIMEOUT_MS", "must not be below WATTPROOF_HTTP_HEADERS_TIMEOUT_MS")
      : { ...values, peers: { requestsPerMinute, bytesPerDay } },
);

/** How many may wait at the doors, for how long, and through whom they come. */
export type EntranceConfig = Readonly<z.output<typeof entranceSection.schema>>;
