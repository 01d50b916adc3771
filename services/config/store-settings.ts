import { getAddress, isAddress } from "ethers";

import { WattproofError } from "../errors.ts";
import type { PoolSettings } from "../store/postgres/connection.ts";
import { isPostgresAddress, readPostgresTarget, type PostgresTarget } from "../store/postgres/target.ts";
import { section, type Complain } from "./section.ts";
import { flag, integer, optional, parsed, path, required, secret, setting, type Kind } from "./setting.ts";

/** A ledger in PostgreSQL, and how its connections are used. */
export interface PostgresConfig {
  readonly target: PostgresTarget;
  readonly pool: PoolSettings;
}

const formerOracle: Kind<string> = parsed(
  (given) => (isAddress(given) ? getAddress(given) : null),
  "address",
  "an address",
);
const postgresAddress: Kind<string> = parsed(
  (given) => (isPostgresAddress(given) ? given : null),
  "postgres:// address",
  "an address that begins with postgres://",
);

const plainName: Kind<string> = parsed(
  (given) => (/^[A-Za-z0-9._-]{1,40}$/.test(given) ? given : null),
  "1 to 40 characters",
  "1 to 40 characters of A-Z a-z 0-9 . _ -",
);

/** What the service works on. */
export const storeSection = section(
  "Deployment and store",
  {
    deploymentPath: required("DEPLOYMENT", path, "The deployment file that `npm run deploy` wrote."),
    dataPath: required("DATA", path, "Folder of the store, unless that is in PostgreSQL, and of dossiers."),
    address: optional(
      "STORE",
      postgresAddress,
      "Address of the store, where it is in PostgreSQL: `postgres://user@host:port,host:port/database`, as libpq has it, with target_session_attrs, sslmode (disable, require or verify-full, which counts by default unless every host is this machine) and sslrootcert.",
    ),
    password: optional("STORE_PASSWORD", secret, "Password for PostgreSQL; counts before that of the address."),
    connections: setting("STORE_CONNECTIONS", integer(2, 500), 10, "Connections to PostgreSQL at once."),
    waitMs: setting(
      "STORE_WAIT_MS",
      integer(100, 600_000, "ms"),
      15_000,
      "Longest wait for a connection to PostgreSQL (ms), also while another server takes over.",
    ),
    statementTimeoutMs: setting(
      "STORE_STATEMENT_TIMEOUT_MS",
      integer(100, 600_000, "ms"),
      15_000,
      "Longest time for one statement of PostgreSQL (ms).",
    ),
    idleTransactionMs: setting(
      "STORE_IDLE_TRANSACTION_MS",
      integer(500, 600_000, "ms"),
      5_000,
      "When PostgreSQL undoes a transaction of a service that has stopped in the midst of it (ms): until then others wait for it.",
    ),
    isInit: setting(
      "INIT",
      flag("1", "0"),
      "0",
      "1 (or `--init`) for the first start: makes the store where there is none.",
    ),
    replicaName: optional(
      "REPLICA_NAME",
      plainName,
      "What the replica is called where several share PostgreSQL; by default as its machine. Each process adds a part of its own, so that two are never taken for one.",
    ),
    replicaLeaseMs: setting(
      "REPLICA_LEASE_MS",
      integer(1_000, 600_000, "ms"),
      10_000,
      "How long a replica that says nothing counts as alive (ms). After that another one takes its work.",
    ),
    formerOracle: optional(
      "FORMER_ORACLE",
      formerOracle,
      "The oracle whose store it was, for the first start after its key was rotated.",
    ),
  },
  (
    { deploymentPath, isInit, replicaName, replicaLeaseMs, formerOracle: former, dataPath, address, ...given },
    complain,
  ) => {
    const common = { deploymentPath, dataPath, isInit, replicaName, replicaLeaseMs, formerOracle: former };
    if (address === null) return { ...common, postgres: null };
    const { connections, waitMs, statementTimeoutMs, idleTransactionMs } = given;
    const postgres: PostgresConfig = {
      target: targetOf(address, given, complain),
      pool: { connections, waitMs, statementTimeoutMs, idleTransactionMs },
    };
    return { ...common, postgres };
  },
);

function targetOf(
  address: string,
  { password }: { readonly password: string | null },
  complain: Complain,
): PostgresTarget {
  try {
    return readPostgresTarget(address, password);
  } catch (error) {
    return complain("STORE", error instanceof WattproofError ? error.detail : "cannot be read");
  }
}
