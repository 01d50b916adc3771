import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { chargingOf, chargingSettings, type ChargingConfig } from "./charging-settings.ts";
import { entranceOf, entranceSettings } from "./entrance-settings.ts";
import { WattproofError } from "../errors.ts";
import { fleetSettings, fleetsOf, type FleetConfig } from "./fleet-settings.ts";
import type { EntranceConfig } from "../http/entrance/entrance.ts";
import { ocppOf, ocppSettings, type OcppConfig } from "./ocpp-settings.ts";
import { integer } from "./setting-types.ts";
import { spendingOf, spendingSettings, type SpendingConfig } from "./spending-settings.ts";
import { stuckLimitsOf, stuckSettings, type StuckLimits } from "./stuck-settings.ts";

const prefix = "WATTPROOF_";
/** What the tests and the commands of an operator read; a service that finds it beside its own is not misconfigured. */
const foreignName = /^(?:SHARED$|DEPLOYER_)/;

const micro = z
  .string()
  .regex(/^[1-9][0-9]{0,19}$/, "must be a positive integer of 10⁻⁶ token")
  .transform(BigInt);

/** Every setting of the service; each is an environment variable of this name behind `WATTPROOF_`. */
export const settingsSchema = z.strictObject({
  RPC_URL: z.url({ protocol: /^https?$/ }).meta({ description: "JSON-RPC endpoint of the chain." }),
  DEPLOYMENT: z.string().min(1).meta({ description: "Path of the deployment file that `npm run deploy` wrote." }),
  DATA: z.string().min(1).meta({ description: "Folder of the store." }),
  INIT: z
    .enum(["0", "1"])
    .prefault("0")
    .meta({ description: "1 (or `--init`) for the first start: makes the store where the folder has none." }),
  FORMER_ORACLE: z.string().refine(isAddress, "must be an address").transform(getAddress).optional().meta({
    description: "Address of the oracle whose store it was, for the first start after its key was rotated.",
  }),
  HOST: z.string().min(1).prefault("127.0.0.1").meta({ description: "Address to listen on." }),
  PORT: integer(0, 65_535).prefault("8080").meta({ description: "TCP port to listen on; 0 takes a free one." }),
  ORACLE_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
    .optional()
    .meta({ description: "Key of the oracle account. Either this or the keystore." }),
  ORACLE_KEYSTORE: z.string().min(1).optional().meta({ description: "Path of the oracle's encrypted JSON keystore." }),
  ORACLE_KEYSTORE_PASSWORD: z.string().optional().meta({ description: "Password of the keystore." }),
  CONFIRMATIONS: integer(1, 1_000)
    .optional()
    .meta({ description: "Blocks, its own included, that make an event count. By default 1 on chain 31337, else 12." }),
  POLL_INTERVAL_MS: integer(10, 600_000)
    .prefault("1000")
    .meta({ description: "Pause between two looks at the chain, in milliseconds." }),
  RPC_TIMEOUT_MS: integer(100, 600_000)
    .prefault("20000")
    .meta({ description: "Longest wait for one answer of the chain's endpoint, in milliseconds." }),
  BLOCK_RANGE: integer(1, 100_000).prefault("2000").meta({ description: "Most blocks in one query for events." }),
  BATCH_MAX_ITEMS: integer(1, 500).prefault("100").meta({ description: "Sessions that close a batch." }),
  BATCH_MAX_AGE_MS: integer(0, 86_400_000)
    .prefault("10000")
    .meta({ description: "Wait of the oldest session that closes a batch, in milliseconds." }),
  BATCH_MAX_VALUE_MICRO: micro
    .prefault("1000000000")
    .meta({ description: "Sum of the charges that closes a batch, in 10⁻⁶ token." }),
  BATCHES_IN_FLIGHT: integer(1, 16)
    .prefault("4")
    .meta({ description: "Most batches that wait for the chain at once." }),
  SETTLEMENT_ATTEMPTS: integer(1, 20)
    .prefault("3")
    .meta({ description: "Reverted transactions after which the service stops settling a session." }),
  ...stuckSettings,
  TRANSACTION_STUCK_MS: integer(100, 86_400_000)
    .prefault("60000")
    .meta({ description: "Wait after which a pending transaction is replaced at a higher fee, in milliseconds." }),
  ...spendingSettings,
  QUORUM_PEERS: z.string().optional().meta({
    description:
      "The other oracles, separated by commas; each `<address> <key> <url>`: the key, 16 to 128 characters of A-Z a-z 0-9 _ -, is shared by the two services alone.",
  }),
  QUORUM_TIMEOUT_MS: integer(10, 600_000)
    .prefault("10000")
    .meta({ description: "Longest wait for another oracle's signature, in milliseconds." }),
  QUORUM_RETRY_MS: integer(0, 86_400_000).prefault("10000").meta({
    description: "Pause before the other oracles are asked again after there was no quorum, in milliseconds.",
  }),
  QUORUM_FALLBACK_MS: integer(0, 604_800_000).prefault("600000").meta({
    description: "Time without a quorum before sessions fall back to settlement by meter signature, in milliseconds.",
  }),
  QUORUM_TAKEOVER_MS: integer(0, 604_800_000)
    .prefault("300000")
    .meta({ description: "How long a session is left to the oracle that asked for a signature, in milliseconds." }),
  CHALLENGES: z
    .enum(["send", "watch"])
    .prefault("send")
    .meta({ description: "Whether wrong settlements are challenged, or only told." }),
  UNBOUND_RECORDS: z
    .enum(["refuse", "accept"])
    .prefault("refuse")
    .meta({ description: "What becomes of records that do not carry their session's idTag." }),
  ...chargingSettings,
  STATION_MESSAGES_PER_SECOND: integer(1, 100_000)
    .prefault("20")
    .meta({ description: "Messages that one station may send per second; five times as many at once." }),
  QUEUE_LIMIT: integer(1, 100_000).prefault("256").meta({ description: "Most messages that are handled at once." }),
  OPERATOR_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{32,128}$/, "must have 32 to 128 characters of A-Z a-z 0-9 _ -")
    .optional()
    .meta({
      description:
        "Key of the operator, for commands to stations and the operator's page. Without it there is neither.",
    }),
  ...entranceSettings,
  ...ocppSettings,
  RELAYER_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
    .optional()
    .meta({ description: "Key of the account that pays for drivers' openings, not the oracle's. Without it none." }),
  ...fleetSettings,
  OPENINGS_PER_MINUTE: integer(1, 60_000)
    .prefault("30")
    .meta({ description: "Openings that one client may ask for per minute; a driver gets a tenth." }),
  TARIFF_GRACE_SECONDS: integer(0, 86_400).prefault("300").meta({
    description:
      "How long after the end of a tariff at an EVSE sessions that were signed before still open, in seconds.",
  }),
  PARTNER_AGREEMENT: integer(1, 4_294_967_295).optional().meta({
    description: "Agreement under which sessions open from the page. By default the operator's newest that binds.",
  }),
  PAGE_RPC: z
    .enum(["off", "on"])
    .prefault("off")
    .meta({ description: "Whether the driver's page may read the chain through the service, at `/rpc`." }),
  CHAIN_NAME: z.string().min(1).max(60).optional().meta({ description: "What wallets call the chain." }),
  WALLET_RPC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: "Endpoint that wallets are offered with the chain; it is public." }),
  DEVELOPMENT_WALLET_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
    .optional()
    .meta({ description: "Key of a wallet that the page brings along; public, so only on chain 31337." }),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .prefault("info")
    .meta({ description: "Least important log lines that are written." }),
});

/** How the oracle's key is given. */
export type OracleKey =
  | { readonly kind: "private-key"; readonly privateKey: string }
  | { readonly kind: "keystore"; readonly path: string; readonly password: string };

/** Another oracle, and how its service is reached. */
export interface PeerConfig {
  readonly address: string;
  readonly key: string;
  readonly url: string;
}

/** The settings as the service uses them; units are in the names. */
export interface ServiceConfig {
  readonly rpcUrl: string;
  readonly deploymentPath: string;
  readonly dataPath: string;
  /** The store is made where there is none. */
  readonly isInit: boolean;
  /** The oracle whose store it may have been. */
  readonly formerOracle: string | null;
  readonly host: string;
  readonly port: number;
  readonly oracleKey: OracleKey;
  /** `null`: 1 on chain 31337, else 12. */
  readonly confirmations: number | null;
  readonly pollIntervalMs: number;
  readonly rpcTimeoutMs: number;
  readonly blockRange: number;
  readonly batchMaxItems: number;
  readonly batchMaxAgeMs: number;
  readonly batchMaxValueMicro: bigint;
  readonly batchesInFlight: number;
  readonly settlementAttempts: number;
  readonly stuck: StuckLimits;
  readonly transactionStuckMs: number;
  readonly spending: SpendingConfig;
  readonly quorumPeers: readonly PeerConfig[];
  readonly quorumTimeoutMs: number;
  readonly quorumRetryMs: number;
  readonly quorumFallbackMs: number;
  readonly quorumTakeoverMs: number;
  readonly challenges: "send" | "watch";
  readonly unboundRecords: "refuse" | "accept";
  readonly charging: ChargingConfig;
  readonly stationMessagesPerSecond: number;
  readonly queueLimit: number;
  readonly operatorKey: string | null;
  readonly entrance: EntranceConfig;
  readonly ocpp: OcppConfig;
  /** `null`: the service opens no sessions for drivers. */
  readonly relayerKey: string | null;
  readonly fleets: FleetConfig;
  readonly openingsPerMinute: number;
  /** How long sessions still open at a tariff whose assignment has ended. */
  readonly tariffGraceSeconds: number;
  readonly partnerAgreement: number | null;
  readonly hasPageRpc: boolean;
  readonly chainName: string | null;
  readonly walletRpcUrl: string | null;
  /** Everybody who opens the page gets it. */
  readonly developmentWalletKey: string | null;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

/**
 * Reads the configuration from environment variables.
 * @throws CONFIGURATION_INVALID naming every setting that is missing, unknown or out of range, never its value.
 */
export function parseConfiguration(environment: Readonly<Record<string, string | undefined>>): ServiceConfig {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    const setting = name.slice(prefix.length);
    if (!foreignName.test(setting)) given[setting] = value;
  }

  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${prefix}${issue.path.join(".")}: ${issue.message}`);
    throw new WattproofError("CONFIGURATION_INVALID", problems.join("; "));
  }
  const settings = parsed.data;

  return {
    rpcUrl: settings.RPC_URL,
    deploymentPath: settings.DEPLOYMENT,
    dataPath: settings.DATA,
    isInit: settings.INIT === "1",
    formerOracle: settings.FORMER_ORACLE ?? null,
    host: settings.HOST,
    port: settings.PORT,
    oracleKey: oracleKeyOf(settings),
    confirmations: settings.CONFIRMATIONS ?? null,
    pollIntervalMs: settings.POLL_INTERVAL_MS,
    rpcTimeoutMs: settings.RPC_TIMEOUT_MS,
    blockRange: settings.BLOCK_RANGE,
    batchMaxItems: settings.BATCH_MAX_ITEMS,
    batchMaxAgeMs: settings.BATCH_MAX_AGE_MS,
    batchMaxValueMicro: settings.BATCH_MAX_VALUE_MICRO,
    batchesInFlight: settings.BATCHES_IN_FLIGHT,
    settlementAttempts: settings.SETTLEMENT_ATTEMPTS,
    stuck: stuckLimitsOf(settings),
    transactionStuckMs: settings.TRANSACTION_STUCK_MS,
    spending: spendingOf(settings),
    quorumPeers: peersOf(settings.QUORUM_PEERS),
    quorumTimeoutMs: settings.QUORUM_TIMEOUT_MS,
    quorumRetryMs: settings.QUORUM_RETRY_MS,
    quorumFallbackMs: settings.QUORUM_FALLBACK_MS,
    quorumTakeoverMs: settings.QUORUM_TAKEOVER_MS,
    challenges: settings.CHALLENGES,
    unboundRecords: settings.UNBOUND_RECORDS,
    charging: chargingOf(settings),
    stationMessagesPerSecond: settings.STATION_MESSAGES_PER_SECOND,
    queueLimit: settings.QUEUE_LIMIT,
    operatorKey: settings.OPERATOR_KEY ?? null,
    entrance: entranceOf(settings),
    ocpp: ocppOf(settings),
    relayerKey: settings.RELAYER_PRIVATE_KEY ?? null,
    fleets: fleetsOf(settings, settings.RELAYER_PRIVATE_KEY),
    openingsPerMinute: settings.OPENINGS_PER_MINUTE,
    tariffGraceSeconds: settings.TARIFF_GRACE_SECONDS,
    partnerAgreement: settings.PARTNER_AGREEMENT ?? null,
    hasPageRpc: settings.PAGE_RPC === "on",
    chainName: settings.CHAIN_NAME ?? null,
    walletRpcUrl: settings.WALLET_RPC_URL ?? null,
    developmentWalletKey: settings.DEVELOPMENT_WALLET_KEY ?? null,
    logLevel: settings.LOG_LEVEL,
  };
}

const peerGrammar = /^(0x[0-9a-fA-F]{40}) ([A-Za-z0-9_-]{16,128}) (https?:\/\/\S{1,300})$/;
/** A committee has at most 16 members. */
const peerLimit = 15;

/** @throws CONFIGURATION_INVALID, never with a key in it */
function peersOf(text: string | undefined): readonly PeerConfig[] {
  if (text === undefined || text.trim() === "") return [];
  const peers = text.split(",").map((entry): PeerConfig => {
    const [, address = "", key = "", url = ""] = peerGrammar.exec(entry.trim()) ?? [];
    if (!isAddress(address) || !URL.canParse(url)) throw peersInvalid();
    return { address: getAddress(address), key, url };
  });
  if (peers.length > peerLimit || new Set(peers.map(({ address }) => address)).size !== peers.length) {
    throw peersInvalid();
  }
  return peers;
}

function peersInvalid(): WattproofError {
  return new WattproofError(
    "CONFIGURATION_INVALID",
    `${prefix}QUORUM_PEERS: up to ${peerLimit} different oracles, each "<address> <key> <url>", separated by commas.`,
  );
}

function oracleKeyOf(settings: z.output<typeof settingsSchema>): OracleKey {
  const { ORACLE_PRIVATE_KEY, ORACLE_KEYSTORE, ORACLE_KEYSTORE_PASSWORD } = settings;
  if (ORACLE_PRIVATE_KEY !== undefined && ORACLE_KEYSTORE === undefined) {
    return { kind: "private-key", privateKey: ORACLE_PRIVATE_KEY };
  }
  if (ORACLE_PRIVATE_KEY === undefined && ORACLE_KEYSTORE !== undefined && ORACLE_KEYSTORE_PASSWORD !== undefined) {
    return { kind: "keystore", path: ORACLE_KEYSTORE, password: ORACLE_KEYSTORE_PASSWORD };
  }
  throw new WattproofError(
    "CONFIGURATION_INVALID",
    "Give either WATTPROOF_ORACLE_PRIVATE_KEY, or WATTPROOF_ORACLE_KEYSTORE and WATTPROOF_ORACLE_KEYSTORE_PASSWORD.",
  );
}
