import type { ClaimPlace, HeldOpening } from "../../../services/chain/chain.ts";
import { findClaim } from "../../../services/chain/settled-claims.ts";
import { openingOf } from "../../../services/domain/opening.ts";
import { packTariff, type PackedTariff } from "../../../services/domain/packed-tariff.ts";
import type { SessionTerms } from "../../../services/domain/terms.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { LogRun } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { readSessions } from "../sessions/session-book.ts";

/** A session at its place in the batch that settled it, as SettledClaim of IChallenges.sol has it. */
export interface SettledClaim extends ClaimPlace {
  readonly terms: SessionTerms;
  readonly tariff: PackedTariff;
}

/**
 * The claim by which oracles settled a session, from the chain's events.
 * @throws REGISTRY_ENTRY_UNKNOWN if no oracles did, or the events do not give what the contract keeps
 */
export async function requireSettledClaim(run: LogRun, chain: ChainAccess, sessionId: string): Promise<SettledClaim> {
  const sessions = await readSessions(run, chain);
  const session = sessions.get(sessionId);
  const settlement = session?.settlement ?? null;
  if (session === undefined || settlement === null || settlement.batch === null) {
    throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `No oracles settled a session ${sessionId}.`);
  }
  const receipt = await chain.provider.getTransactionReceipt(settlement.position.txHash);
  const logs = (receipt?.logs ?? []).map(({ address, topics, data }) => ({ address, topics: [...topics], data }));
  const sessionOf = (id: string): Promise<HeldOpening | null> => {
    const found = sessions.get(id);
    const held = found === undefined ? null : { ...openingOf(found.opening), holdMicro: found.terms.holdMicro };
    return Promise.resolve(held);
  };
  const place = await findClaim(logs, settlement.batch, sessionId, { ...chain, sessionOf });
  if (place === null) {
    throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `The claims of batch ${settlement.batch} cannot be read.`);
  }
  const { terms } = session;
  return { ...place, terms, tariff: packTariff(await registryOf(chain).readTariff(terms.tariffId)) };
}
