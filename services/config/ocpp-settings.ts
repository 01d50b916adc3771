import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { integer } from "./setting-types.ts";

/** The settings of the doors for chargers that speak OCPP. */
export const ocppSettings = {
  OCPP_PORT: integer(0, 65_535)
    .optional()
    .meta({ description: "TCP port for chargers without TLS; 0 takes a free one. By default they use the HTTP port." }),
  OCPP_TLS_PORT: integer(0, 65_535)
    .optional()
    .meta({ description: "TCP port for chargers with TLS; 0 takes a free one. Needs certificate and key." }),
  OCPP_TLS_CERTIFICATE: z.string().min(1).optional().meta({ description: "Path of the server's certificates, PEM." }),
  OCPP_TLS_KEY: z.string().min(1).optional().meta({ description: "Path of the server's private key, PEM." }),
  OCPP_TLS_CLIENT_CA: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Path of the certificates that sign chargers' certificates, PEM; for security profile 3." }),
  OCPP_PROFILE_0: z
    .enum(["loopback", "allow"])
    .prefault("loopback")
    .meta({ description: "Where chargers may connect without any authentication, if registered so." }),
  OCPP_HEARTBEAT_SECONDS: integer(1, 86_400)
    .prefault("300")
    .meta({ description: "Interval of heartbeats that chargers are told, in seconds." }),
  OCPP_PING_INTERVAL_MS: integer(100, 3_600_000)
    .prefault("60000")
    .meta({ description: "Interval of pings; a charger that misses one is disconnected. In milliseconds." }),
  OCPP_CALL_TIMEOUT_MS: integer(100, 600_000)
    .prefault("30000")
    .meta({ description: "Longest wait for a charger's answer to a command, in milliseconds." }),
  OCPP_PAYLOAD_LIMIT_BYTES: integer(1_024, 16_777_216)
    .prefault("262144")
    .meta({ description: "Largest message of a charger, in bytes." }),
  OCPP_BAD_MESSAGES: integer(1, 10_000)
    .prefault("20")
    .meta({ description: "Unreadable messages in a row after which a charger is disconnected." }),
  OCPP_MESSAGES_PER_SECOND: integer(1, 100_000)
    .prefault("20")
    .meta({ description: "Messages that are read from one charger per second; five times as many at once." }),
  OCPP_CONNECTIONS: integer(1, 1_000_000).prefault("10000").meta({ description: "Most chargers that are connected." }),
  OCPP_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000)
    .prefault("256")
    .meta({ description: "Most connections of chargers from one address." }),
  OCPP_STATION_QUEUE: integer(1, 10_000)
    .prefault("64")
    .meta({ description: "Unanswered messages beyond which a charger is disconnected." }),
  OCPP_QUEUE_LIMIT: integer(1, 1_000_000)
    .prefault("4096")
    .meta({ description: "Unanswered messages of all chargers beyond which no more are read." }),
  OCPP_UNKNOWN_STATIONS: integer(0, 100_000)
    .prefault("1000")
    .meta({ description: "Most unregistered chargers that are remembered as wanting to join." }),
};

/** How chargers connect over OCPP, and what they may at most. */
export interface OcppConfig {
  /** `null`: the HTTP port takes them. */
  readonly port: number | null;
  readonly tls: {
    readonly port: number;
    readonly certificatePath: string;
    readonly keyPath: string;
    readonly clientAuthorityPath: string | null;
  } | null;
  readonly isProfile0Allowed: boolean;
  readonly heartbeatSeconds: number;
  readonly pingIntervalMs: number;
  readonly callTimeoutMs: number;
  readonly payloadLimitBytes: number;
  readonly badMessages: number;
  readonly messagesPerSecond: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly stationQueue: number;
  readonly queueLimit: number;
  readonly unknownStations: number;
}

type OcppSettings = z.output<z.ZodObject<typeof ocppSettings>>;

/** @throws CONFIGURATION_INVALID if a part of what TLS needs is missing */
export function ocppOf(settings: OcppSettings): OcppConfig {
  const { OCPP_TLS_PORT: port, OCPP_TLS_CERTIFICATE: certificatePath, OCPP_TLS_KEY: keyPath } = settings;
  const clientAuthorityPath = settings.OCPP_TLS_CLIENT_CA ?? null;
  const isWhole = port !== undefined && certificatePath !== undefined && keyPath !== undefined;
  const given = [port, certificatePath, keyPath, settings.OCPP_TLS_CLIENT_CA];
  if (!isWhole && given.some((setting) => setting !== undefined)) {
    throw new WattproofError(
      "CONFIGURATION_INVALID",
      "Give WATTPROOF_OCPP_TLS_PORT, WATTPROOF_OCPP_TLS_CERTIFICATE and WATTPROOF_OCPP_TLS_KEY together.",
    );
  }
  return {
    port: settings.OCPP_PORT ?? null,
    tls: isWhole ? { port, certificatePath, keyPath, clientAuthorityPath } : null,
    isProfile0Allowed: settings.OCPP_PROFILE_0 === "allow",
    heartbeatSeconds: settings.OCPP_HEARTBEAT_SECONDS,
    pingIntervalMs: settings.OCPP_PING_INTERVAL_MS,
    callTimeoutMs: settings.OCPP_CALL_TIMEOUT_MS,
    payloadLimitBytes: settings.OCPP_PAYLOAD_LIMIT_BYTES,
    badMessages: settings.OCPP_BAD_MESSAGES,
    messagesPerSecond: settings.OCPP_MESSAGES_PER_SECOND,
    connections: settings.OCPP_CONNECTIONS,
    connectionsPerAddress: settings.OCPP_CONNECTIONS_PER_ADDRESS,
    stationQueue: settings.OCPP_STATION_QUEUE,
    queueLimit: settings.OCPP_QUEUE_LIMIT,
    unknownStations: settings.OCPP_UNKNOWN_STATIONS,
  };
}
