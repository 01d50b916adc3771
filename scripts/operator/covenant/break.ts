import { z } from "zod";

import { openingOf } from "../../../services/domain/opening.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import type { LogRun } from "../../command-line/logs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import type { Intent } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readRecord } from "../../command-line/files.ts";
import { contractRecordsOf } from "../challenge/record-files.ts";
import { requireSettledClaim } from "../challenge/settled-claim.ts";
import { readShownRecords } from "../export/shown-records.ts";
import { requireSession, type ChainSession } from "../sessions/session-book.ts";
import { covenantArgument, covenantInput, requireCovenant, type Covenant } from "./covenants.ts";

export const covenantBreak = defineVerb({
  path: ["covenant", "break"],
  summary: "shows a session that broke a covenant; a tenth of the bond is the caller's, the rest the holders'",
  description:
    "What oracles settled lately is shown by their batch. What a meter settled, by the records in that transaction. Any other\n" +
    "session, by its records in files.",
  arguments: [covenantArgument, { syntax: "<session-id>", description: "the session; covenant list names them" }],
  options: [{ flags: "--record <file>", description: "a signed record; begin and end may be two", isRepeated: true }],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["covenant break 1 0x… --dry-run", "covenant break 1 0x… --record session.ocmf"],
  input: z.object({
    covenant: covenantInput,
    sessionId: sessionIdInput,
    record: z.array(z.string()).default([]),
  }),
  async run({ covenant: number, sessionId, record: files }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const covenant = await requireCovenant(run, writer.chain, number);
    const session = await requireSession(run, writer.chain, sessionId, null);
    const { transaction } = await writer.call(await proofOf(run, writer.chain, covenant, session, files));
    const rewardMicro = covenant.terms.bondMicro / 10n;
    output.json({ isDryRun, covenant: number, sessionId, rewardMicro, transactions: [transaction] });
    output.line(
      `covenant ${number} ${isDryRun ? "would be" : "is"} broken; ${tokens(rewardMicro)} for ${writer.address}`,
    );

    return exitCode.done;
  },
});

/** The call that shows the session. @throws COVENANT_KEPT, COVENANT_UNPROVEN where nothing on the chain shows it */
async function proofOf(
  run: LogRun,
  chain: ChainAccess,
  { covenant, terms: pledged }: Covenant,
  { sessionId, terms, opening, toppedUpMicro, settlement }: ChainSession,
  files: readonly string[],
): Promise<Intent> {
  const index = pledged.evses.indexOf(terms.evse);
  if (index < 0)
    throw new WattproofError("COVENANT_KEPT", `EVSE ${terms.evse} is none of ${pledged.evses.join(", ")}.`);
  const contract = "evseCovenant";
  if (files.length === 0 && settlement !== null && settlement.batch !== null) {
    const claim = await requireSettledClaim(run, chain, sessionId);
    return { contract, method: "breakBySettlement", parameters: [covenant, pledged, index, claim] };
  }
  const meter = await requireMeter(chain, terms.meter);
  const shown =
    settlement === null ? [] : await readShownRecords(chain, settlement.position.txHash, sessionId, meter.curve);
  const texts = files.length > 0 ? files.map(readRecord) : shown;
  if (texts.length === 0) throw new WattproofError("COVENANT_UNPROVEN", "Give its records: --record.");
  const records = contractRecordsOf(texts, meter);
  const parameters = [covenant, pledged, index, terms, openingOf(opening), toppedUpMicro, records];
  return { contract, method: "breakByRecords", parameters };
}
