import type { Fence } from "../store/replicas.ts";
import type { Store } from "../store/store.ts";

/**
 * The right to do one kind of work, taken anew whenever another replica has let go of it. Whatever is written goes through
 * `store`, which refuses it once another replica has the right: a replica that was frozen in the middle of its work wakes up
 * and can write nothing any more.
 */
export interface WorkLease {
  readonly name: string;
  /** The ledger, for what is written in the course of the work. */
  readonly store: Store;
  /** Whether this replica has the right, as far as it knows. */
  readonly isHeld: boolean;
  /** Does the work if this replica has the right to it, or can have it. One work at a time. @returns whether it was done */
  whileHeld(work: () => Promise<void>): Promise<boolean>;
  /** Keeps the right, if this replica has it. */
  renew(): Promise<void>;
  /** Gives the right back, so that another replica need not wait. */
  release(): Promise<void>;
}

/** The kinds of work, as they are shown to operators. */
export const workNames = ["settlement", "charging", "relay", "upkeep", "card-payments"] as const;
export type WorkName = (typeof workNames)[number];

export function createWorkLease(deps: {
  readonly store: Store;
  readonly name: WorkName;
  readonly replicaId: string;
  readonly leaseMs: number;
}): WorkLease {
  const { store, name, replicaId, leaseMs } = deps;
  let fence: Fence | null = null;
  let isEnded = false;

  async function claim(): Promise<Fence | null> {
    const lease = await store.claimLease(name, replicaId, leaseMs);
    return lease === null ? null : { name, epoch: lease.epoch };
  }

  return {
    name,
    store: store.fenced(() => fence),
    get isHeld() {
      return fence !== null;
    },
    async whileHeld(work) {
      if (isEnded) return false;
      // Taken only here, where nothing is under way: what was begun under an older epoch never goes on under a newer one.
      fence ??= await claim();
      if (fence === null) return false;
      await work();
      return true;
    },
    async renew() {
      const renewed = fence;
      if (renewed === null || (await store.renewLease(renewed, leaseMs))) return;
      if (fence === renewed) fence = null;
    },
    async release() {
      isEnded = true;
      const released = fence;
      fence = null;
      if (released !== null) await store.releaseLease(released);
    },
  };
}
