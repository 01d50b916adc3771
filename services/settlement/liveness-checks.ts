import type { Ages } from "../observability/ages.ts";
import { WattproofError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { StuckLimits } from "../config/stuck-settings.ts";
import type { ChainFollower } from "./follow-chain.ts";

/** What has to move for the service to be ready. */
export function createLivenessChecks(deps: {
  readonly store: Pick<Store, "listOpenBatches">;
  readonly follower: Pick<ChainFollower, "missingForMs">;
  readonly stuck: StuckLimits;
  readonly ages: Ages;
}): readonly { readonly name: string; readonly check: () => Promise<undefined> }[] {
  const { store, follower, stuck, ages } = deps;

  function checkEvents(): Promise<undefined> {
    const forMs = follower.missingForMs();
    if (forMs === null || forMs < stuck.eventsMs) return Promise.resolve(undefined);
    const detail = "The endpoint does not tell all events of the next blocks.";
    return Promise.reject(new WattproofError("CHAIN_EVENTS_MISSING", detail));
  }

  async function checkBatches(): Promise<undefined> {
    const [oldest] = await store.listOpenBatches();
    if (oldest === undefined || ages.ageMs(oldest.batchId, oldest.createdAtMs) < stuck.batchMs) return undefined;
    throw new WattproofError("SETTLEMENT_STUCK", `Batch ${oldest.batchId} waits since ${oldest.createdAtMs}.`);
  }

  return [
    { name: "events", check: checkEvents },
    { name: "settlement", check: checkBatches },
  ];
}
