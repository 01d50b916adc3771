import { z } from "zod";

import type { SessionTerms } from "../../../services/domain/terms.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readLogs, type LogRun } from "../../command-line/logs.ts";
import { artifactOf } from "../../deploy/artifacts.ts";
import { evseCovenantOf, revenueShareAt } from "../market/contracts.ts";
import type { ChainSession } from "../sessions/session-book.ts";

export const covenantStatuses = ["none", "active", "kept", "broken"] as const;

export const covenantArgument = { syntax: "<covenant>", description: "its number" };

export const covenantInput = z
  .string()
  .regex(/^[1-9][0-9]{0,17}$/u, "must be the number of a covenant")
  .transform(BigInt);

/** What was pledged, as CovenantTerms of IEvseCovenant.sol has it. */
export interface CovenantTerms {
  readonly share: string;
  /** Seconds since 1970. */
  readonly endsAt: number;
  readonly bondMicro: bigint;
  readonly evses: readonly number[];
}

/** A covenant as the contract has it now. */
export interface Covenant {
  readonly covenant: bigint;
  readonly status: (typeof covenantStatuses)[number];
  readonly operator: string;
  /** The agreement that sessions have to name; 0 before the share has one. */
  readonly agreement: number;
  readonly pledgedAt: number;
  readonly terms: CovenantTerms;
}

const small = z.bigint().transform(Number);
const pledgedView = z.object({
  covenant: z.bigint(),
  operator: z.string(),
  terms: z
    .tuple([z.string(), small, z.bigint(), z.array(small)])
    .transform(([share, endsAt, bondMicro, evses]): CovenantTerms => ({ share, endsAt, bondMicro, evses })),
});

/** Every covenant of the deployment, in the order of their numbers. */
export async function readCovenants(run: LogRun, chain: ChainAccess): Promise<readonly Covenant[]> {
  const contract = evseCovenantOf(chain);
  const { interface: abi } = artifactOf("evseCovenant");
  const topics = abi.encodeFilterTopics("CovenantPledged", []) as string[];
  const logs = await readLogs(run, chain, { address: await contract.getAddress(), topics });
  const covenants: Covenant[] = [];
  for (const log of logs) {
    const parsed = abi.parseLog({ topics: [...log.topics], data: log.data });
    const { covenant, operator, terms } = pledgedView.parse({
      ...parsed?.args.toObject(),
      terms: (parsed?.args.getValue("terms") as { toArray(deep: boolean): unknown[] } | undefined)?.toArray(true),
    });
    const { status, pledgedAt } = await contract.covenantOf(covenant);
    covenants.push({
      ...{ covenant, operator, terms, pledgedAt: Number(pledgedAt) },
      status: covenantStatuses[Number(status)] ?? "none",
      agreement: Number(await revenueShareAt(chain, terms.share).agreement()),
    });
  }
  return covenants;
}

/** @throws COVENANT_UNKNOWN */
export async function requireCovenant(run: LogRun, chain: ChainAccess, covenant: bigint): Promise<Covenant> {
  const found = (await readCovenants(run, chain)).find((one) => one.covenant === covenant);
  if (found === undefined) throw new WattproofError("COVENANT_UNKNOWN", `There is no covenant ${covenant}.`);
  return found;
}

/** Whether a session with these terms breaks the covenant, if energy was delivered. */
export function isBreach(
  { operator, agreement, pledgedAt, terms: pledged }: Covenant,
  terms: SessionTerms,
  openedAt: number,
): boolean {
  return (
    pledged.evses.includes(terms.evse) &&
    terms.operator === operator &&
    terms.agreement !== agreement &&
    openedAt > pledgedAt &&
    openedAt < pledged.endsAt
  );
}

/** The sessions that broke a covenant, as far as they were settled. */
export function breachesOf(covenant: Covenant, sessions: Iterable<ChainSession>): readonly string[] {
  return [...sessions]
    .filter(({ terms, opening, settlement }) => {
      return (settlement?.energyMicroWh ?? 0n) > 0n && isBreach(covenant, terms, opening.openedAt);
    })
    .map(({ sessionId }) => sessionId);
}
