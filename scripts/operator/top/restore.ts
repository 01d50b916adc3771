import { z } from "zod";

import { restoreToPostgres } from "../../../services/store/move/postgres-backup.ts";
import { checkBackup, restoreLedger } from "../../../services/store/sqlite/backup-ledger.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption } from "../station/ledger.ts";
import { withMoveProgress } from "../store/move-progress.ts";
import { databaseOf, dataFolderOf, wordsOf } from "./backup.ts";

export const restore = defineVerb({
  path: ["restore"],
  summary: "puts a backup of the ledger into an empty data folder or database",
  description:
    "The backup is checked page by page before anything is written. No service may work on the folder. Started on it, the\n" +
    "service reads the chain from the backup's block on. What chargers were answered after the backup is lost: the runbook\n" +
    "says how to find out what that was. With WATTPROOF_STORE and without --data it goes into an empty database of PostgreSQL;\n" +
    "a run that was killed is repeated with the same command.",
  arguments: [{ syntax: "<file>", description: "a backup that `backup` wrote" }],
  options: [dataOption, { flags: "--dry-run", description: "only checks the backup, and says what is in it" }],
  access: "none",
  examples: [
    "restore /mnt/backup/wattproof-2027-01-31.sqlite --dry-run",
    "restore /mnt/backup/wattproof-2027-01-31.sqlite --data /var/lib/wattproof",
  ],
  input: z.object({ file: z.string().min(1, "must be a file"), data: dataInput }),
  async run({ file, data }, run) {
    const { output, isDryRun } = run;
    if (isDryRun) {
      const summary = checkBackup(file);
      output.json({ file, isDryRun, ...summary });
      output.line(`${file}: ${wordsOf(summary)}.`);
      return exitCode.done;
    }
    const target = databaseOf(data, run);
    if (target !== null) {
      const summary = await withMoveProgress(run, false, (options) => restoreToPostgres(file, target, options));
      output.json({ file, database: target.database, isDryRun, ...summary });
      output.line(`${target.database}: ${wordsOf(summary)}. Start the service on it without --init.`);
      return exitCode.done;
    }
    const folder = dataFolderOf(data, run);
    const summary = restoreLedger(file, folder);
    output.json({ file, folder, isDryRun, ...summary });
    output.line(`${folder}: ${wordsOf(summary)}. Start the service on it without --init.`);
    return exitCode.done;
  },
});
