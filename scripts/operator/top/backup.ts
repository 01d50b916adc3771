import { z } from "zod";

import { backupPostgres } from "../../../services/store/move/postgres-backup.ts";
import type { PostgresTarget } from "../../../services/store/postgres/target.ts";
import { backupLedger, type LedgerSummary } from "../../../services/store/sqlite/backup-ledger.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { UsageError } from "../../command-line/usage.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { dataInput, dataOption, targetOf } from "../station/ledger.ts";

export const backup = defineVerb({
  path: ["backup"],
  summary: "writes a backup of the service's ledger, which may be at work meanwhile",
  description:
    "One file, as the ledger is at one moment, checked page by page before it is there. It holds drivers' data: only its owner\n" +
    "can read it. It holds no key: back up keystores and the configuration apart from it. A ledger in PostgreSQL\n" +
    "(WATTPROOF_STORE) gives the same kind of file, which goes back into either store.",
  arguments: [{ syntax: "<file>", description: "where to; nothing is replaced" }],
  options: [dataOption],
  access: "none",
  examples: ["backup /mnt/backup/wattproof-2027-01-31.sqlite --data /var/lib/wattproof"],
  input: z.object({ file: z.string().min(1, "must be a file"), data: dataInput }),
  async run({ file, data }, run) {
    const target = databaseOf(data, run);
    const summary = target === null ? backupLedger(dataFolderOf(data, run), file) : await backupPostgres(target, file);
    run.output.json({ file, ...summary });
    run.output.line(`${file}: ${wordsOf(summary)}.`);
    return exitCode.done;
  },
});

/** The ledger's database, where the settings name one and no folder was given. @throws CONFIGURATION_INVALID */
export function databaseOf(
  given: string | undefined,
  { environment }: Pick<Run, "environment">,
): PostgresTarget | null {
  const address = environment["WATTPROOF_STORE"];
  return given === undefined && address !== undefined ? targetOf(address, environment) : null;
}

/** @throws UsageError where nothing says which folder */
export function dataFolderOf(given: string | undefined, { environment }: Pick<Run, "environment">): string {
  const data = given ?? environment["WATTPROOF_DATA"];
  if (data === undefined) throw new UsageError("Say where the service's ledger is: --data <dir>");
  return data;
}

/** What a person compares before a restore. */
export function wordsOf({ sessions, schemaVersion, followedBlock, identity }: LedgerSummary): string {
  const chain = identity === null ? "" : ` of ${identity.settlement} on chain ${identity.chainId}`;
  return `${sessions} sessions${chain}, read up to block ${followedBlock ?? "none"}, schema ${schemaVersion}`;
}
