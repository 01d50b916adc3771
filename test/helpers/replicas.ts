import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { WattproofError } from "../../services/errors.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { runService, type RunningService } from "./running-service.ts";
import type { ServiceChain } from "./service-chain.ts";

/** One of several services on one ledger, and a switch that takes the ledger away from it. */
export interface ReplicaUnderTest extends RunningService {
  readonly replicaId: string;
  /** Calls of the ledger wait from now on, as those of a process that was stopped. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Every call of the ledger fails from now on: what a process that was killed does to it. */
  readonly kill: () => void;
}

export interface ReplicaWorld {
  /** The ledger itself. */
  readonly store: Store;
  readonly replicas: readonly ReplicaUnderTest[];
  /** All rounds of those that live, until nothing moves. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Several services of one process on one ledger. */
export async function openReplicas(
  chain: ServiceChain,
  count: number,
  overrides: Readonly<Record<string, string>> = {},
): Promise<ReplicaWorld> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-replicas-"));
  const store = openSqliteStore(folder);
  const replicas: ReplicaUnderTest[] = [];
  const gone = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const replicaId = `r${index + 1}`;
    const gate = createGate(store);
    const running = await runService(chain, overrides, { openStore: () => gate.store, replicaId });
    replicas.push({
      ...running,
      replicaId,
      freeze: gate.freeze,
      thaw: gate.thaw,
      kill() {
        gone.add(replicaId);
        gate.kill();
      },
    });
  }
  return {
    store,
    replicas,
    async settle() {
      for (let round = 0; round < 3; round += 1) {
        for (const { service, replicaId } of replicas) if (!gone.has(replicaId)) await service.synchronise();
      }
    },
    async close() {
      for (const replica of replicas) {
        replica.thaw();
        await replica.close().catch((error: unknown) => {
          if (!(error instanceof WattproofError)) throw error;
        });
      }
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same ledger behind a gate. */
function createGate(store: Store) {
  let opened: Promise<void> = Promise.resolve();
  let open = (): void => undefined;
  let isFrozen = false;
  let isDead = false;

  async function pass(work: () => Promise<unknown>): Promise<unknown> {
    if (isFrozen) await opened;
    if (isDead) throw new WattproofError("STORE_UNAVAILABLE", "The process was killed.");
    return work();
  }

  const behind = (guarded: Store): Store =>
    new Proxy(guarded, {
      get(target, property, receiver): unknown {
        const value: unknown = Reflect.get(target, property, receiver);
        if (typeof value !== "function" || property === "onSignal") return value;
        // The ledger outlives each of its services.
        if (property === "close") return () => Promise.resolve();
        return (...parameters: unknown[]): unknown => {
          if (property !== "fenced") return pass(() => Reflect.apply(value, target, parameters) as Promise<unknown>);
          return behind(Reflect.apply(value, target, parameters) as Store);
        };
      },
    });

  return {
    store: behind(store),
    freeze: () => {
      isFrozen = true;
      opened = new Promise((resolve) => {
        open = resolve;
      });
    },
    thaw: () => {
      isFrozen = false;
      open();
    },
    kill: () => {
      isDead = true;
    },
  };
}
