import { z } from "zod";

import { openPostgresStore } from "../../../services/store/postgres/postgres-store.ts";
import { readPasswordFile, readPostgresTarget, type PostgresTarget } from "../../../services/store/postgres/target.ts";
import { requireLedger } from "../../../services/store/sqlite/ledger-folder.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { UsageError } from "../../command-line/usage.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";

export const dataOption: OptionSpec = {
  flags: "--data <dir>",
  description: "folder of the service's ledger; default: WATTPROOF_DATA or WATTPROOF_STORE",
};
export const dataInput = z.string().min(1, "must be a folder").optional();

/** What the service takes as a station's identity: up to 48 characters that need no escaping anywhere. */
export const stationIdInput = z
  .string()
  .regex(/^[A-Za-z0-9_.:*-]{1,48}$/u, "must have 1 to 48 characters of A-Z a-z 0-9 _ . : * -");

/** A command needs one connection for what it reads and one for what it writes. */
const pool = { connections: 2, waitMs: 15_000, statementTimeoutMs: 60_000, idleTransactionMs: 5_000 };

/**
 * Opens the service's ledger beside the service, which may be running: a folder, or PostgreSQL where its settings say so.
 * @throws UsageError where nothing says which; STORE_MISSING, STORE_UNAVAILABLE
 */
export async function withLedger<Result>(
  given: string | undefined,
  { environment }: Pick<Run, "environment">,
  act: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await open(given, environment);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

/** A database of PostgreSQL, with the password of the service's settings. @throws CONFIGURATION_INVALID */
export function targetOf(address: string, environment: Run["environment"]): PostgresTarget {
  const file = environment["WATTPROOF_STORE_PASSWORD_FILE"];
  const password = environment["WATTPROOF_STORE_PASSWORD"] ?? (file === undefined ? null : readPasswordFile(file));
  return readPostgresTarget(address, password);
}

async function open(given: string | undefined, environment: Run["environment"]): Promise<Store> {
  const address = environment["WATTPROOF_STORE"];
  if (given === undefined && address !== undefined) {
    return openPostgresStore(targetOf(address, environment), pool, { isInit: false });
  }
  const data = given ?? environment["WATTPROOF_DATA"];
  if (data === undefined) throw new UsageError("Say where the service's ledger is: --data <dir>");
  requireLedger(data);
  return openSqliteStore(data);
}
