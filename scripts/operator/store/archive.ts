import { z } from "zod";

import { archiveFrames } from "../../../services/archive/archive-frames.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption, withLedger } from "../station/ledger.ts";

const dayMs = 86_400_000;
/** Longer than challenges, complaints about a bill, and chargers that were offline. */
const leastDays = 30;

export const storeArchive = defineVerb({
  path: ["store", "archive"],
  summary: "moves old messages of stations, which nothing needs any more, into compressed files",
  description:
    "The service may be at work meanwhile. Only messages of OCPP go, and of these none of a session that is not settled, or\n" +
    "was settled from unsigned values: docs/runbook.md says what stays for ever. A message is in a file on the disk before it\n" +
    "leaves the ledger. A run that was stopped or killed is repeated. The files hold drivers' data: only their owner can\n" +
    "read them. A folder's file does not shrink; what is free in it is used again.",
  options: [
    dataOption,
    { flags: "--to <dir>", description: "the archive: a folder, which is made if it is not there" },
    { flags: "--older-than <days>", description: `messages that arrived so many days ago; ${leastDays} at least` },
    { flags: "--dry-run", description: "only says how much would go" },
  ],
  access: "none",
  examples: [
    "store archive --older-than 400 --to /mnt/archive/wattproof --dry-run",
    "store archive --older-than 400 --to /mnt/archive/wattproof",
  ],
  input: z.object({
    data: dataInput,
    to: z.string().min(1, "must be a folder"),
    olderThan: wholeInput(leastDays, 36_500),
  }),
  async run({ data, to, olderThan }, run) {
    const { output, signal, isDryRun } = run;
    const beforeMs = Date.now() - olderThan * dayMs;
    return withLedger(data, run, async (store) => {
      const { frames, characters, oldestAtMs } = await store.sumArchivableFrames(beforeMs);
      const plan = { isDryRun, folder: to, beforeMs, frames, characters, oldestAtMs };
      if (isDryRun) {
        output.json(plan);
        output.line(`${frames} messages of ${characters} characters would go to ${to}. Nothing was changed.`);
        return exitCode.done;
      }
      const bar = run.startProgress("messages", frames);
      try {
        const onFile = (file: { readonly frames: number }): void => {
          bar.advance(file.frames);
        };
        const files = await archiveFrames({ store, folder: to, beforeMs, now: Date.now, signal, onFile });
        const archived = files.reduce((sum, file) => sum + file.frames, 0);
        output.json({ ...plan, archived, files });
        output.line(`${archived} messages went to ${files.length} files in ${to}.`);
      } finally {
        bar.stop();
      }
      return exitCode.done;
    });
  },
});
