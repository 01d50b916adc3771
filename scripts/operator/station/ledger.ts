import { z } from "zod";

import { requireLedger } from "../../../services/store/sqlite/ledger-folder.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { UsageError } from "../../command-line/usage.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";

export const dataOption: OptionSpec = {
  flags: "--data <dir>",
  description: "folder of the service's ledger; default: WATTPROOF_DATA",
};
export const dataInput = z.string().min(1, "must be a folder").optional();

/** What the service takes as a station's identity: up to 48 characters that need no escaping anywhere. */
export const stationIdInput = z
  .string()
  .regex(/^[A-Za-z0-9_.:*-]{1,48}$/u, "must have 1 to 48 characters of A-Z a-z 0-9 _ . : * -");

/**
 * Opens the service's ledger beside the service, which may be running.
 * @throws UsageError where nothing says which folder; STORE_MISSING, STORE_UNAVAILABLE
 */
export async function withLedger<Result>(
  given: string | undefined,
  { environment }: Pick<Run, "environment">,
  act: (store: Store) => Promise<Result>,
): Promise<Result> {
  const data = given ?? environment["WATTPROOF_DATA"];
  if (data === undefined) throw new UsageError("Say where the service's ledger is: --data <dir>");
  requireLedger(data);
  const store = openSqliteStore(data);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
