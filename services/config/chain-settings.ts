import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { section } from "./section.ts";
import { signerPlace, type SignerPlace } from "./signer-settings.ts";
import {
  choice,
  httpUrl,
  integer,
  optional,
  parsed,
  path,
  privateKey,
  required,
  secret,
  setting,
  text,
} from "./setting.ts";

/** A key that signs elsewhere, and the account whose key it is. */
export interface RemoteKey {
  readonly kind: "remote";
  readonly signer: SignerPlace;
  readonly address: string;
}

/** The account of a key, as the chain knows it. */
export const accountAddress = parsed(
  (given) => (isAddress(given) ? getAddress(given) : null),
  "address",
  "an address of 0x and 40 hexadecimal digits",
);

/** How the key of an account is given. */
export type AccountKey =
  | { readonly kind: "private-key"; readonly privateKey: string }
  | { readonly kind: "keystore"; readonly path: string; readonly password: string };

/** Where the service listens, and what it writes to its log. */
export const listeningSection = section("Listening and log", {
  host: setting("HOST", text("address"), "127.0.0.1", "Address to listen on."),
  port: setting("PORT", integer(0, 65_535), 8_080, "TCP port to listen on; 0 takes a free one."),
  stationMessagesPerSecond: setting(
    "STATION_MESSAGES_PER_SECOND",
    integer(1, 100_000),
    20,
    "Messages that one station may post per second; five times as many at once.",
  ),
  queueLimit: setting(
    "QUEUE_LIMIT",
    integer(1, 100_000),
    256,
    "Messages that are handled at once; further ones are refused.",
  ),
  operatorKey: optional(
    "OPERATOR_KEY",
    {
      schema: z.string().regex(/^[A-Za-z0-9_-]{32,128}$/),
      values: "32 to 128 characters of A-Z a-z 0-9 _ -",
      rule: "32 to 128 characters of A-Z a-z 0-9 _ -",
      isSecret: true,
    },
    "Key of the operator, for commands to stations and the operator's page. Its name is `configured`; wattproof operator add-key adds others.",
  ),
  logLevel: setting(
    "LOG_LEVEL",
    choice("fatal", "error", "warn", "info", "debug", "trace", "silent"),
    "info",
    "The least important log lines that are written.",
  ),
});

/** How the chain is read. */
export const chainSection = section("Chain", {
  rpcUrl: required("RPC_URL", httpUrl, "JSON-RPC endpoint of the chain."),
  confirmations: optional(
    "CONFIRMATIONS",
    integer(1, 1_000),
    "Count an event when its block is this deep, its own block included. By default 1 on the local chain, 15 on Base and OP, 120 on Arbitrum, 32 on Polygon, else 12.",
  ),
  pollIntervalMs: setting(
    "POLL_INTERVAL_MS",
    integer(10, 600_000, "ms"),
    1_000,
    "Pause between two looks at the chain (ms).",
  ),
  rpcTimeoutMs: setting(
    "RPC_TIMEOUT_MS",
    integer(100, 600_000, "ms"),
    20_000,
    "Longest wait for one answer of the chain's endpoint (ms).",
  ),
  blockRange: setting("BLOCK_RANGE", integer(1, 100_000), 2_000, "Blocks that one query for events covers at most."),
});

/** The account that settles. */
export const oracleSection = section(
  "The oracle's key",
  {
    key: optional(
      "ORACLE_PRIVATE_KEY",
      privateKey,
      "Key of the oracle's account. Give either this, the keystore or the signer.",
    ),
    keystore: optional("ORACLE_KEYSTORE", path, "The oracle's encrypted JSON keystore."),
    password: optional("ORACLE_KEYSTORE_PASSWORD", secret, "Password of the keystore."),
    signer: optional(
      "ORACLE_SIGNER",
      signerPlace,
      "Where the key signs that is not on this machine ([keys elsewhere](how-to/keys-elsewhere.md)).",
    ),
    signerAddress: optional("ORACLE_SIGNER_ADDRESS", accountAddress, "Account of that key."),
  },
  ({ key, keystore, password, signer, signerAddress }, complain): AccountKey | RemoteKey => {
    if (signer !== null && signerAddress !== null && key === null && keystore === null) {
      return { kind: "remote", signer, address: signerAddress };
    }
    if (signer !== null || signerAddress !== null) {
      return complain("ORACLE_SIGNER", "belongs to ORACLE_SIGNER_ADDRESS, and neither to a key nor to a keystore");
    }
    if (key !== null && keystore === null) return { kind: "private-key", privateKey: key };
    if (key === null && keystore !== null && password !== null) return { kind: "keystore", path: keystore, password };
    return complain(
      "ORACLE_PRIVATE_KEY",
      "give either this, or WATTPROOF_ORACLE_KEYSTORE and WATTPROOF_ORACLE_KEYSTORE_PASSWORD",
    );
  },
);
