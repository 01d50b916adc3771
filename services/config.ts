import { z } from "zod";

import { WattproofError } from "./errors.ts";

const prefix = "WATTPROOF_";
/** What the tests and the commands of an operator read; a service that finds it beside its own is not misconfigured. */
const foreignName = /^(?:SHARED$|DEPLOYER_)/;

function integer(least: number, most: number) {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,15})$/, "must be an integer in decimal digits")
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));
}

const micro = z
  .string()
  .regex(/^[1-9][0-9]{0,19}$/, "must be a positive integer of 10⁻⁶ token")
  .transform(BigInt);

/** Every setting of the service; each is an environment variable of this name behind `WATTPROOF_`. */
export const settingsSchema = z.strictObject({
  RPC_URL: z.url({ protocol: /^https?$/ }).meta({ description: "JSON-RPC endpoint of the chain." }),
  DEPLOYMENT: z.string().min(1).meta({ description: "Path of the deployment file that `npm run deploy` wrote." }),
  DATA: z.string().min(1).meta({ description: "Folder of the store; made if it is missing." }),
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
    .meta({ description: "Reverted transactions after which a session is no longer settled by itself." }),
  TRANSACTION_STUCK_MS: integer(100, 86_400_000)
    .prefault("60000")
    .meta({ description: "Wait after which a pending transaction is replaced at a higher fee, in milliseconds." }),
  FEE_LIMIT_GWEI: integer(1, 1_000_000)
    .prefault("500")
    .meta({ description: "Highest fee per gas that is offered, in 10⁻⁹ ether; beyond it settlement waits." }),
  UNBOUND_RECORDS: z
    .enum(["refuse", "accept"])
    .prefault("refuse")
    .meta({ description: "What becomes of records that do not carry their session's idTag." }),
  STATION_MESSAGES_PER_SECOND: integer(1, 100_000)
    .prefault("20")
    .meta({ description: "Messages that one station may send per second; five times as many at once." }),
  QUEUE_LIMIT: integer(1, 100_000).prefault("256").meta({ description: "Most messages that are handled at once." }),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .prefault("info")
    .meta({ description: "Least important log lines that are written." }),
});

/** How the oracle's key is given. */
export type OracleKey =
  | { readonly kind: "private-key"; readonly privateKey: string }
  | { readonly kind: "keystore"; readonly path: string; readonly password: string };

/** The settings as the service uses them; units are in the names. */
export interface ServiceConfig {
  readonly rpcUrl: string;
  readonly deploymentPath: string;
  readonly dataPath: string;
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
  readonly transactionStuckMs: number;
  readonly feeLimitGwei: number;
  readonly unboundRecords: "refuse" | "accept";
  readonly stationMessagesPerSecond: number;
  readonly queueLimit: number;
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
    transactionStuckMs: settings.TRANSACTION_STUCK_MS,
    feeLimitGwei: settings.FEE_LIMIT_GWEI,
    unboundRecords: settings.UNBOUND_RECORDS,
    stationMessagesPerSecond: settings.STATION_MESSAGES_PER_SECOND,
    queueLimit: settings.QUEUE_LIMIT,
    logLevel: settings.LOG_LEVEL,
  };
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
