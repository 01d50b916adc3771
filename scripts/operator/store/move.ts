import { z } from "zod";

import { moveLedger, planMove } from "../../../services/store/move/move-ledger.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { UsageError } from "../../command-line/usage.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { dataInput, targetOf } from "../station/ledger.ts";
import { dataFolderOf } from "../top/backup.ts";
import { withMoveProgress } from "./move-progress.ts";

const stateWords = {
  empty: "is empty",
  begun: "holds a part of it",
  done: "holds it already",
} as const;

export const storeMove = defineVerb({
  path: ["store", "move"],
  summary: "moves the ledger of a folder into PostgreSQL",
  description:
    "Stop the service first. Every row is copied, then both sides are compared row by row. Only after that the database is\n" +
    "a ledger, and the file in the folder gets another name, so that no service goes on with it. A move that was stopped or\n" +
    "killed goes on where it ended when it is run again. A database that holds anything else is refused.",
  options: [
    { flags: "--data <dir>", description: "folder of the ledger; default: WATTPROOF_DATA" },
    { flags: "--to <address>", description: "postgres://user@host/database; default: WATTPROOF_STORE" },
    { flags: "--anew", description: "begins again, where the service worked on the folder since the move began" },
    { flags: "--dry-run", description: "only says how many rows there are, and what the database holds" },
  ],
  access: "none",
  examples: [
    "store move --data /var/lib/wattproof --to postgres://wattproof@db.example/wattproof --dry-run",
    "store move --data /var/lib/wattproof --to postgres://wattproof@db.example/wattproof",
  ],
  input: z.object({
    data: dataInput,
    to: z.string().min(1, "must be an address").optional(),
    anew: z.boolean().default(false),
  }),
  async run({ data, to, anew }, run) {
    const { output } = run;
    const folder = dataFolderOf(data, run);
    const target = targetOf(addressOf(to, run), run.environment);
    const { database } = target;
    if (run.isDryRun) {
      const { targetIs, rows, rowsThere } = await planMove(folder, target);
      output.json({ isDryRun: true, folder, database, targetIs, rows, rowsThere });
      output.line(`${folder} has ${rows} rows; ${database} ${stateWords[targetIs]}, ${rowsThere} rows.`);
      return exitCode.done;
    }
    const { targetWas, written, tables } = await withMoveProgress(run, anew, (options) =>
      moveLedger(folder, target, options),
    );
    const rows = tables.reduce((count, table) => count + table.rows, 0);
    output.json({ isDryRun: false, folder, database, targetWas, written, rows, tables });
    output.line(`${rows} rows of ${tables.length} tables are the same in ${database}; ${written} were written now.`);
    output.line("Start the service with WATTPROOF_STORE set to it. Keep the old file until the next backup.");
    return exitCode.done;
  },
});

/** @throws UsageError where nothing says where to */
function addressOf(given: string | undefined, { environment }: Pick<Run, "environment">): string {
  const address = given ?? environment["WATTPROOF_STORE"];
  if (address === undefined) throw new UsageError("Say where to: --to postgres://…");
  return address;
}
