import { z } from "zod";

import { checkArchive } from "../../../services/archive/check-archive.ts";
import type { ArchivedFrame } from "../../../services/archive/frame-file.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption, withLedger } from "../station/ledger.ts";

export const storeCheckArchive = defineVerb({
  path: ["store", "check-archive"],
  summary: "reads every file of an archive, and compares it with what the ledger wrote there",
  description:
    "Exit 1 if a file is missing, damaged, or not the one that was written. With --no-ledger only the files are read, without\n" +
    "the service's ledger. With --session the messages of that session are shown.",
  arguments: [{ syntax: "<folder>", description: "the archive" }],
  options: [
    dataOption,
    { flags: "--no-ledger", description: "compares with nothing" },
    { flags: "--session <id>", description: "shows the messages of this session" },
  ],
  access: "none",
  examples: [
    "store check-archive /mnt/archive/wattproof",
    "store check-archive /mnt/archive/wattproof --no-ledger --json",
  ],
  input: z.object({
    folder: z.string().min(1, "must be a folder"),
    data: dataInput,
    ledger: z.boolean().default(true),
    session: sessionIdInput.optional(),
  }),
  async run({ folder, data, ledger, session }, run) {
    const { output } = run;
    const expected = ledger ? await withLedger(data, run, (store) => store.listArchiveFiles()) : null;
    const messages: ArchivedFrame[] = [];
    const report = checkArchive(folder, expected, (frame) => {
      if (session !== undefined && frame.sessionIds.includes(session)) messages.push(frame);
    });
    output.json({ folder, ...report, ...(session === undefined ? {} : { messages }) });
    for (const { receivedAtMs, stationId, direction, text } of messages)
      output.line(`${new Date(receivedAtMs).toISOString()}  ${stationId}  ${direction}  ${text}`);
    for (const { name, fault } of report.findings) output.line(`${name}: ${fault}`);
    const { files, frames, sessions } = report;
    output.line(`${files} files with ${frames} messages, ${sessions} sessions among them.`);
    return report.findings.length === 0 ? exitCode.done : exitCode.differs;
  },
});
