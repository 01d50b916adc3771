import type { ChainEvent } from "../chain/events.ts";
import { idTagOf } from "../domain/id-tag.ts";
import { idTagSeenBefore, type SessionEvent } from "../domain/session.ts";
import type { Tariff } from "../domain/tariff.ts";
import { sessionIdOf } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { ChainProgress } from "../store/store.ts";
import type { ChainFollowerDeps } from "./follow-chain.ts";

/** Checks the openings of one range against the registries, and collects the tariffs that are new. */
export interface OpeningReader {
  /** @throws CHAIN_MISMATCH if the session is not the digest of its terms, TARIFF_MISSING */
  openingOf(event: Extract<ChainEvent, { kind: "session-opened" }>): Promise<Extract<SessionEvent, { kind: "opened" }>>;
  /** The tariffs that the store does not have yet. */
  result(): Pick<ChainProgress, "tariffs">;
}

export function createOpeningReader(
  deps: Pick<ChainFollowerDeps, "store" | "chain" | "meters" | "tariffs" | "desk">,
): OpeningReader {
  const { store, chain, meters, desk } = deps;
  const loaded = new Map<string, Tariff>();
  const firstWithTag = new Map<string, string>();

  async function loadTariff(tariffId: string): Promise<void> {
    if (loaded.has(tariffId) || (await store.findTariff(tariffId)) !== null) return;
    const tariff = await chain.readTariff(tariffId);
    if (tariff === null) {
      desk.alert("tariff-missing", { tariffId });
      throw new WattproofError("TARIFF_MISSING", `Nobody has published tariff ${tariffId}.`);
    }
    loaded.set(tariffId, tariff);
  }

  /** A charger is told nothing but the tag, and its meter signs nothing else. */
  async function findTagObstacle(sessionId: string, idTag: string): Promise<typeof idTagSeenBefore | null> {
    const first = firstWithTag.get(idTag) ?? (await store.findSessionByIdTag(idTag))?.sessionId ?? sessionId;
    firstWithTag.set(idTag, first);
    return first === sessionId ? null : idTagSeenBefore;
  }

  return {
    async openingOf({ sessionId, terms, position, opening }) {
      if (sessionIdOf(terms, chain.domain) !== sessionId) {
        throw new WattproofError("CHAIN_MISMATCH", `Session ${sessionId} is not the digest of its terms.`);
      }
      await loadTariff(terms.tariffId);
      const unservableReason =
        (await findTagObstacle(sessionId, idTagOf(sessionId, opening))) ??
        (await meters.findObstacle(terms)) ??
        (await deps.tariffs.findObstacle(terms, position.blockNumber));
      return { kind: "opened", opening: { ...position, ...opening }, unservableReason };
    },
    result: () => ({ tariffs: [...loaded].map(([tariffId, tariff]) => ({ tariffId, tariff })) }),
  };
}
