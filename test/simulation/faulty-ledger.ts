import { WattproofError } from "../../services/errors.ts";
import type { Fence } from "../../services/store/replicas.ts";
import type { FrameOutcome, NewFrame } from "../../services/store/ocpp.ts";
import type { Store } from "../../services/store/store.ts";
import type { Random } from "../helpers/random.ts";
import type { History } from "./history.ts";

/** A fault that is put in on purpose, so that it is known that the check finds it. */
export const plants = ["drop-acknowledged-frame", "send-batch-twice", "lease-without-fencing"] as const;
export type Plant = (typeof plants)[number];

/** The ledger as one replica reaches it: behind a line that fails, and in a process that is stopped and killed. */
export interface FaultyLedger {
  readonly store: Store;
  /** Calls wait from the `after`th on; of writes in the name of a right, where only those are counted. */
  freeze(after: number, isOfRights: boolean): void;
  thaw(): void;
  kill(): void;
  readonly isFrozen: boolean;
  readonly isDead: boolean;
  /** Resolves when a call waits. */
  stuck(): Promise<void>;
}

/** One call in so many fails, before or after it was carried out. */
const faultOdds = 400;
/** One frame in so many is answered and not kept, where that is planted. */
const dropOdds = 20;
const reads = /^(?:find|list|read|count)/;

export function createFaultyLedger(deps: {
  readonly store: Store;
  readonly random: Random;
  readonly plant: Plant | null;
  readonly rights: History["rights"][number][];
}): FaultyLedger {
  const { store, random, plant, rights } = deps;
  let waitAfter: number | null = null;
  let isOfRights = false;
  let opened = Promise.withResolvers<undefined>();
  let waits = Promise.withResolvers<undefined>();
  let isFrozen = false;
  let isDead = false;

  async function enter(isCounted: boolean): Promise<void> {
    if (waitAfter !== null && waitAfter > 0 && isCounted) waitAfter -= 1;
    if (waitAfter === 0) {
      isFrozen = true;
      waits.resolve(undefined);
      await opened.promise;
    }
    if (isDead) throw new WattproofError("STORE_UNAVAILABLE", "The process was killed.");
  }

  function dropped(frame: NewFrame): FrameOutcome {
    const stored = { ...frame, ordinal: 0, frameId: "0", stationOrdinal: 0, ocppTransactionId: null };
    return { frame: stored, transaction: null };
  }

  async function call(
    name: string,
    fence: Fence | null,
    parameters: readonly unknown[],
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const isWrite = !reads.test(name);
    await enter(!isOfRights || (isWrite && fence !== null));
    const draw = random.below(faultOdds);
    if (isWrite && draw === 0) throw new WattproofError("STORE_UNAVAILABLE", "The line is cut.");
    const [frame] = parameters as readonly NewFrame[];
    if (plant === "drop-acknowledged-frame" && name === "commitFrame" && frame?.action === "MeterValues") {
      if (random.below(dropOdds) === 0) return dropped(frame);
    }
    const result = await work();
    if (fence !== null && isWrite) rights.push({ kind: "written", ...fence, what: name });
    if (name === "claimLease" && result !== null) rights.push({ kind: "claimed", ...(result as Fence), what: name });
    if (isWrite && draw === 1) throw new WattproofError("STORE_UNAVAILABLE", "The answer is lost.");
    return result;
  }

  function behind(guarded: Store, fenceOf: () => Fence | null): Store {
    return new Proxy(guarded, {
      get(target, property, receiver): unknown {
        const value: unknown = Reflect.get(target, property, receiver);
        if (typeof value !== "function" || typeof property !== "string" || property === "onSignal") return value;
        if (property === "fenced") {
          return (nextFence: () => Fence | null): Store =>
            plant === "lease-without-fencing"
              ? behind(target, keepLast(nextFence))
              : behind(target.fenced(nextFence), nextFence);
        }
        return (...parameters: unknown[]): unknown => {
          // The fence is that of the moment in which the write was called, however long it waits.
          const fence = fenceOf();
          return call(property, fence, parameters, () => Reflect.apply(value, target, parameters) as Promise<unknown>);
        };
      },
    });
  }

  /** Without a fence, the work goes on in the name of the right that it had. */
  function keepLast(fenceOf: () => Fence | null): () => Fence | null {
    let last: Fence | null = null;
    return () => (last = fenceOf() ?? last);
  }

  return {
    store: behind(store, () => null),
    freeze(after, isOfRightsAlone) {
      waitAfter = after;
      isOfRights = isOfRightsAlone;
      opened = Promise.withResolvers();
      waits = Promise.withResolvers();
    },
    thaw() {
      waitAfter = null;
      isFrozen = false;
      waits = Promise.withResolvers();
      opened.resolve(undefined);
    },
    kill() {
      isDead = true;
      this.thaw();
    },
    get isFrozen() {
      return isFrozen;
    },
    get isDead() {
      return isDead;
    },
    stuck: () => waits.promise,
  };
}
