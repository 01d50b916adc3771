/*
 * Several replicas on one ledger.
 *
 * What comes in: the ledger, and what has to be done by one replica at a time: settlement, the rounds of charging, the relay,
 * upkeep. And connections of stations, each at one replica.
 *
 * What is guaranteed: of each kind of work one replica has the right at a time (`work-lease.ts`), and a station belongs to
 * the replica with its newest connection (`station-holds.ts`). Who has lost a right can write nothing in its name: the
 * ledger refuses it by epochs, whatever clocks say. When a replica dies, another one takes its work as soon as its time has
 * run out, hands on the frames that it had answered for, and judges the records that it had kept. A command reaches its
 * station whichever replica is asked (`station-calls.ts`).
 *
 * Who calls: `wiring/` opens it between the ledger and the rooms. With one replica everything is its own at once.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";
import { isOvertaken } from "./overtaken.ts";
import { createStationHolds, type StationHolds } from "./station-holds.ts";
import { createWorkLease, workNames, type WorkLease, type WorkName } from "./work-lease.ts";

/** This process among the replicas. */
export interface Replica {
  readonly replicaId: string;
  readonly stations: StationHolds;
  readonly leases: Readonly<Record<WorkName, WorkLease>>;
  /** Calls in the upkeep of one replica when others may have died and left something behind. */
  onOrphans(listener: () => Promise<void>): void;
  /** Calls in every look while there are other replicas: what is kept in memory may be what one of them has changed. */
  onShared(listener: () => Promise<void>): void;
  /** Says that this replica is alive, keeps its rights and looks after what others have left; until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** One such look now. */
  lookOnce(): Promise<void>;
  /** Gives everything back, so that others go on at once. */
  leave(): Promise<void>;
}

/** Rights are renewed this often before they run out, so that one answer that is late costs none. */
const beatsPerLease = 4;
/** How soon a station's older connection at another replica is closed, where no signal has come. */
const longestPauseMs = 1_000;

/** Makes this process a replica. What an earlier process of the same id has left is given back first. */
export async function openReplica(deps: {
  readonly store: Store;
  readonly replicaId: string;
  /** Of this program, for operators. */
  readonly version: string;
  /** How long a replica counts as alive that says nothing. */
  readonly leaseMs: number;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): Promise<Replica> {
  const { store, replicaId, version, leaseMs, desk } = deps;
  const startedAtMs = deps.now();
  const stations = createStationHolds(deps);
  const leaseOf = (name: WorkName): WorkLease => createWorkLease({ ...deps, name });
  const leases = {
    settlement: leaseOf("settlement"),
    charging: leaseOf("charging"),
    relay: leaseOf("relay"),
    upkeep: leaseOf("upkeep"),
    "card-payments": leaseOf("card-payments"),
  };
  const orphanListeners: (() => Promise<void>)[] = [];
  const sharedListeners: (() => Promise<void>)[] = [];
  let isLeaving = false;

  await store.leaveReplica(replicaId);
  const beat = () => store.beatReplica({ replicaId, version, startedAtMs, forMs: leaseMs });
  await beat();

  async function keepUp(dead: readonly string[]): Promise<void> {
    await stations.adopt();
    if (dead.length === 0) return;
    for (const listener of orphanListeners) await listener();
    for (const gone of dead) {
      desk.alert("replica-lost", { replicaId: gone });
      await store.leaveReplica(gone);
    }
  }

  async function lookOnce(): Promise<void> {
    if (isLeaving) return;
    await beat();
    for (const name of workNames) await leases[name].renew();
    await stations.look();
    const others = (await store.listReplicas()).filter((other) => other.replicaId !== replicaId);
    const dead = others.filter(({ isAlive }) => !isAlive).map((other) => other.replicaId);
    await leases.upkeep.whileHeld(() => keepUp(dead));
    if (others.length > 0) for (const listener of sharedListeners) await listener();
    await store.dropCommands();
  }

  return {
    replicaId,
    stations,
    leases,
    onOrphans(listener) {
      orphanListeners.push(listener);
    },
    onShared(listener) {
      sharedListeners.push(listener);
    },
    lookOnce,
    async run(signal) {
      let wake = (): void => undefined;
      const endSignals = store.onSignal(() => {
        wake();
      });
      while (!signal.aborted) {
        const signalled = new AbortController();
        wake = () => {
          signalled.abort();
        };
        await lookOnce().catch((error: unknown) => {
          if (!signal.aborted && !isOvertaken(error)) desk.alert("loop-failed", { err: error });
        });
        const pauseMs = Math.min(longestPauseMs, leaseMs / beatsPerLease);
        const ended = AbortSignal.any([signal, signalled.signal]);
        await sleep(pauseMs, undefined, { signal: ended }).catch(() => undefined);
      }
      endSignals();
    },
    async leave() {
      isLeaving = true;
      for (const name of workNames) await leases[name].release();
      await store.leaveReplica(replicaId);
    },
  };
}
