import { z } from "zod";

import { refundedBy } from "../../../services/domain/session-amounts.ts";
import { WattproofError } from "../../../services/errors.ts";

import { kilowattHours, tableLines, tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput, wholeInput } from "../../command-line/inputs.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { LogRun } from "../../command-line/logs.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { placesServiceOf, sessionReadingInput, sessionReadingOptions } from "./known-blocks.ts";
import { chainStatuses, readSessions, type ChainSession } from "./session-book.ts";
import { isWanted, readLatestSessions, type SessionFilter } from "./session-pages.ts";

export const sessionsList = defineVerb({
  path: ["sessions", "list"],
  summary: "lists charging sessions, the latest last",
  description:
    "Every word of it is the chain's. A service that is named says which sessions are the latest that fit and in which blocks\n" +
    "their events stand, so that only those are read; without one, or with --whole-history, all blocks are.",
  options: [
    { flags: "--operator <address>", description: "only this operator's" },
    { flags: "--driver <address>", description: "only this driver's" },
    { flags: "--evse <number>", description: "only at this charging point" },
    { flags: "--status <status>", description: chainStatuses.join(", ") },
    { flags: "--limit <n>", description: "only the latest so many; default 1000" },
    ...sessionReadingOptions,
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
    ...sessionReadingInput,
  }),
  async run({ limit, service: url, wholeHistory, ...filter }, run) {
    const chain = await run.openChain();
    const service = placesServiceOf({ service: url, wholeHistory }, chain, run.environment);
    const found = service === null ? null : await readFromService(run, chain, service, filter, limit);
    const sessions =
      found ??
      [...(await readSessions(run, chain)).values()].filter((session) => isWanted(session, filter)).slice(-limit);
    run.output.json({ sessions });
    for (const line of tableLines(sessions.map(sessionRow))) run.output.line(line);
    if (sessions.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});

/** @returns `null` if the service does not answer */
async function readFromService(
  run: LogRun,
  chain: ChainAccess,
  service: ServiceClient,
  filter: SessionFilter,
  limit: number,
): Promise<readonly ChainSession[] | null> {
  try {
    return await readLatestSessions(run, chain, service, filter, limit);
  } catch (error) {
    if (!(error instanceof WattproofError && error.code === "SERVICE_UNREACHABLE")) throw error;
    run.output.remark("The service does not help (SERVICE_UNREACHABLE): the whole history is read.");
    return null;
  }
}

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
