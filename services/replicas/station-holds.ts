import type { HeldConnection, StationFence, StationHolder } from "../store/replicas.ts";
import type { Store } from "../store/store.ts";

/** The stations of this replica, with the epoch that frames of their connections name. */
export interface StationHolds {
  /** Gives this replica the station, for a connection that is about to begin. The newest connection of all replicas wins. */
  hold(stationId: string, connection: HeldConnection): Promise<StationFence>;
  /** The connection of this epoch has ended. */
  endConnection(fence: StationFence): Promise<void>;
  /** Takes over stations that no replica has any more and of which frames wait. @returns them */
  adopt(): Promise<readonly string[]>;
  /** `null`: it is not this replica's, as far as it knows. */
  fenceOf(stationId: string): StationFence | null;
  /** What a step about the station names; `null`: it is not this replica's. */
  holderOf(stationId: string): StationHolder | null;
  /** A write about the station was refused, because another replica has it. */
  noteMoved(fence: StationFence): void;
  /** Finds out which stations other replicas have by now. */
  look(): Promise<void>;
  /** Calls when a station comes to this replica from another one; what follows waits until the listener is done. */
  onTaken(listener: (stationId: string) => Promise<void>): void;
  /** Calls when a station has gone to another replica. */
  onMoved(listener: (stationId: string) => void): void;
}

/** Each is a small write. */
const adoptedAtOnce = 1_000;

export function createStationHolds(deps: {
  readonly store: Pick<Store, "holdStation" | "endConnection" | "listMovedStations" | "adoptStations">;
  readonly replicaId: string;
}): StationHolds {
  const { store, replicaId } = deps;
  const epochs = new Map<string, number>();
  const takenListeners: ((stationId: string) => Promise<void>)[] = [];
  const movedListeners: ((stationId: string) => void)[] = [];

  function noteMoved({ stationId, epoch }: StationFence): void {
    // A newer connection may be this replica's own.
    if (epochs.get(stationId) !== epoch) return;
    epochs.delete(stationId);
    for (const listener of movedListeners) listener(stationId);
  }

  async function take({ stationId, epoch }: StationFence): Promise<void> {
    const isNew = !epochs.has(stationId);
    if ((epochs.get(stationId) ?? 0) < epoch) epochs.set(stationId, epoch);
    if (isNew) await Promise.all(takenListeners.map((listener) => listener(stationId)));
  }

  return {
    async hold(stationId, connection) {
      const { epoch, formerReplicaId } = await store.holdStation(stationId, replicaId, connection);
      const known = epochs.get(stationId);
      // Another replica had it in between, and may have written.
      if (known !== undefined && formerReplicaId !== replicaId) noteMoved({ stationId, epoch: known });
      await take({ stationId, epoch });
      return { stationId, epoch };
    },
    endConnection: (fence) => store.endConnection(fence),
    async adopt() {
      const adopted = await store.adoptStations(replicaId, adoptedAtOnce);
      for (const fence of adopted) await take(fence);
      return adopted.map(({ stationId }) => stationId);
    },
    fenceOf(stationId) {
      const epoch = epochs.get(stationId);
      return epoch === undefined ? null : { stationId, epoch };
    },
    holderOf: (stationId) => (epochs.has(stationId) ? { stationId, replicaId } : null),
    noteMoved,
    async look() {
      const fences = [...epochs].map(([stationId, epoch]) => ({ stationId, epoch }));
      if (fences.length === 0) return;
      const moved = new Set(await store.listMovedStations(replicaId, fences));
      for (const fence of fences) if (moved.has(fence.stationId)) noteMoved(fence);
    },
    onTaken(listener) {
      takenListeners.push(listener);
    },
    onMoved(listener) {
      movedListeners.push(listener);
    },
  };
}
