import { z } from "zod";

import { refundedBy } from "../../../services/domain/session-amounts.ts";

import { kilowattHours, tableLines, tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { chainStatuses, readSessions, type ChainSession } from "./session-book.ts";

export const sessionsList = defineVerb({
  path: ["sessions", "list"],
  summary: "lists charging sessions, the latest last, from the chain alone",
  options: [
    { flags: "--operator <address>", description: "only this operator's" },
    { flags: "--driver <address>", description: "only this driver's" },
    { flags: "--evse <number>", description: "only at this charging point" },
    { flags: "--status <status>", description: chainStatuses.join(", ") },
    { flags: "--limit <n>", description: "only the latest so many; default 1000" },
  ],
  access: "chain",
  readsHistory: true,
  examples: ["sessions list --operator 0x52908400098527886E0F7030069857D2E4169EE7 --status open"],
  input: z.object({
    operator: addressInput.optional(),
    driver: addressInput.optional(),
    evse: registryNumberInput.optional(),
    status: z.enum(chainStatuses, `must be one of ${chainStatuses.join(", ")}`).optional(),
    limit: wholeInput(1, 1_000_000).default(1_000),
  }),
  async run({ operator, driver, evse, status, limit }, run) {
    const chain = await run.openChain();
    const all = [...(await readSessions(run, chain)).values()];
    const sessions = all
      .filter(
        (session) =>
          (operator === undefined || session.terms.operator === operator) &&
          (driver === undefined || session.terms.driver === driver) &&
          (evse === undefined || session.terms.evse === evse) &&
          (status === undefined || session.status === status),
      )
      .slice(-limit);
    run.output.json({ sessions });
    for (const line of tableLines(sessions.map(sessionRow))) run.output.line(line);
    if (sessions.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});

/** A session on one line. */
export function sessionRow({
  sessionId,
  status,
  terms,
  settlement,
  agreed,
  challenge,
  opening,
}: ChainSession): readonly string[] {
  const chargedMicro = (settlement ?? agreed)?.chargedMicro ?? null;
  return [
    sessionId,
    `EVSE ${terms.evse}`,
    `block ${opening.blockNumber}`,
    status,
    settlement === null ? "" : `${kilowattHours(settlement.energyMicroWh)} kWh`,
    chargedMicro === null ? `hold ${tokens(terms.holdMicro)}` : `charged ${tokens(chargedMicro)}`,
    challenge === null ? "" : `challenged, ${tokens(refundedBy(challenge))} back`,
  ];
}
