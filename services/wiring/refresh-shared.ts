import type { PossessionDesk } from "../charging/possession/possession-desk.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { BlockMark, Store } from "../store/store.ts";

/**
 * What this process keeps in memory of what other replicas may change: the registry of meters, which the replica that
 * follows the chain knows to have changed, and the meters that are to prove themselves.
 */
export function createRefresher({
  store,
  meters,
  possessions,
}: {
  readonly store: Pick<Store, "readCursor">;
  readonly meters: Pick<MeterDirectory, "forgetAll">;
  readonly possessions: Pick<PossessionDesk, "forgetAll">;
}): () => Promise<void> {
  let seen: BlockMark | null = null;
  return async () => {
    possessions.forgetAll();
    const cursor = await store.readCursor();
    if (cursor?.hash === seen?.hash) return;
    seen = cursor;
    meters.forgetAll();
  };
}
