import type { z } from "zod";

import { section } from "./section.ts";
import { flag, integer, optional, path, setting } from "./setting.ts";

/** How chargers connect over OCPP, and what they may at most. */
export const ocppSection = section(
  "Chargers over OCPP",
  {
    port: optional(
      "OCPP_PORT",
      integer(0, 65_535),
      "TCP port for chargers without TLS; 0 takes a free one. By default they use the HTTP port.",
    ),
    tlsPort: optional(
      "OCPP_TLS_PORT",
      integer(0, 65_535),
      "TCP port for chargers with TLS; 0 takes a free one. Needs certificate and key.",
    ),
    tlsCertificate: optional("OCPP_TLS_CERTIFICATE", path, "The server's certificates, PEM."),
    tlsKey: optional("OCPP_TLS_KEY", path, "The server's private key, PEM."),
    tlsClientAuthority: optional(
      "OCPP_TLS_CLIENT_CA",
      path,
      "The certificates that sign chargers' certificates, PEM; for security profile 3.",
    ),
    isProfile0Allowed: setting(
      "OCPP_PROFILE_0",
      flag("allow", "loopback"),
      "loopback",
      "Where chargers that are registered so may connect without any authentication: everywhere, or only from this machine.",
    ),
    heartbeatSeconds: setting(
      "OCPP_HEARTBEAT_SECONDS",
      integer(1, 86_400, "s"),
      300,
      "Interval of heartbeats that chargers are told (s).",
    ),
    pingIntervalMs: setting(
      "OCPP_PING_INTERVAL_MS",
      integer(100, 3_600_000, "ms"),
      60_000,
      "Interval of pings (ms). A charger that misses one is disconnected.",
    ),
    callTimeoutMs: setting(
      "OCPP_CALL_TIMEOUT_MS",
      integer(100, 600_000, "ms"),
      30_000,
      "Longest wait for a charger's answer to a command (ms).",
    ),
    payloadLimitBytes: setting(
      "OCPP_PAYLOAD_LIMIT_BYTES",
      integer(1_024, 16_777_216, "bytes"),
      262_144,
      "Largest message of a charger (bytes).",
    ),
    badMessages: setting(
      "OCPP_BAD_MESSAGES",
      integer(1, 10_000),
      20,
      "Disconnect a charger after this many unreadable messages in a row.",
    ),
    messagesPerSecond: setting(
      "OCPP_MESSAGES_PER_SECOND",
      integer(1, 100_000),
      20,
      "Messages that are read from one charger per second; five times as many at once.",
    ),
    connections: setting("OCPP_CONNECTIONS", integer(1, 1_000_000), 10_000, "Chargers that are connected at most."),
    connectionsPerAddress: setting(
      "OCPP_CONNECTIONS_PER_ADDRESS",
      integer(1, 1_000_000),
      256,
      "Connections of chargers from one address at most.",
    ),
    handshakes: setting(
      "OCPP_HANDSHAKES",
      integer(1, 10_000),
      32,
      "Chargers that are let in at once; others wait for their turn, as all do that come back after an outage.",
    ),
    handshakeQueue: setting(
      "OCPP_HANDSHAKE_QUEUE",
      integer(0, 100_000),
      2_048,
      "Chargers that wait for their turn at most. Others get 503 with Retry-After.",
    ),
    stationQueue: setting(
      "OCPP_STATION_QUEUE",
      integer(1, 10_000),
      64,
      "Disconnect a charger when more of its messages than this are unanswered.",
    ),
    queueLimit: setting(
      "OCPP_QUEUE_LIMIT",
      integer(1, 1_000_000),
      4_096,
      "Read no more from any charger while this many messages are unanswered.",
    ),
    isSettingUp: setting(
      "STATION_SET_UP",
      flag("on", "off"),
      "on",
      "Whether a charger that boots for the first time is brought to the configuration that settlement needs.",
    ),
    unknownStations: setting(
      "OCPP_UNKNOWN_STATIONS",
      integer(0, 100_000),
      1_000,
      "Unregistered chargers that are remembered as wanting to join, at most.",
    ),
  },
  ({ tlsPort, tlsCertificate, tlsKey, tlsClientAuthority: clientAuthorityPath, ...values }, complain) => {
    if (tlsPort !== null && tlsCertificate !== null && tlsKey !== null) {
      const tls = { port: tlsPort, certificatePath: tlsCertificate, keyPath: tlsKey, clientAuthorityPath };
      return { ...values, tls };
    }
    return [tlsPort, tlsCertificate, tlsKey, clientAuthorityPath].every((given) => given === null)
      ? { ...values, tls: null }
      : complain("OCPP_TLS_PORT", "give this, WATTPROOF_OCPP_TLS_CERTIFICATE and WATTPROOF_OCPP_TLS_KEY together");
  },
);

/** How chargers connect over OCPP, and what they may at most. `port` null: the HTTP port takes them. */
export type OcppConfig = Readonly<z.output<typeof ocppSection.schema>>;
