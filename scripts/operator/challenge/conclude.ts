import { z } from "zod";

import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { registryOf, requireMeter } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { requireSession } from "../sessions/session-book.ts";
import { readContractRecords } from "./record-files.ts";

export const challengeConclude = defineVerb({
  path: ["challenge", "conclude"],
  summary: "makes bonds owe what a settlement lost whose records were demanded and not shown",
  description:
    "Anybody can conclude once the time for an answer is over. With records that prove a higher price the operator's loss\n" +
    "counts, too; it can be shown later as well, as long as the oracles' cases are open.",
  arguments: [{ syntax: "<session-id>", description: "the session whose records were demanded" }],
  options: [{ flags: "--record <file>", description: "a signed record; begin and end may be two", isRepeated: true }],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["challenge conclude 0x…", "challenge conclude 0x… --record session.ocmf --dry-run"],
  input: z.object({ sessionId: sessionIdInput, record: z.array(z.string()).default([]) }),
  async run({ sessionId, record: files }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const { chain } = writer;
    const { terms, demand } = await requireSession(run, chain, sessionId, null);
    if (demand === null) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `Nobody has demanded the records of session ${sessionId}.`);
    }
    const records = files.length === 0 ? [] : readContractRecords(files, await requireMeter(chain, terms.meter));
    const tariff = await registryOf(chain).readTariff(terms.tariffId);
    const intent = {
      contract: "challenges",
      method: "conclude",
      parameters: [terms, packTariff(tariff), records],
    } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, sessionId, records: records.length, transactions: [transaction] });
    output.line(isDryRun ? "would be concluded" : "concluded; the bonds owe what was lost");

    return exitCode.done;
  },
});
