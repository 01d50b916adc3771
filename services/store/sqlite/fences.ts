import { WattproofError } from "../../errors.ts";
import type { Fence, StationFence, StationHolder } from "../replicas.ts";
import type { Access } from "./access.ts";

/** The same access, where every write is refused unless its fence is the newest epoch of its lease. */
export function createFencedAccess(access: Access, fenceOf: () => Fence | null): Access {
  return {
    ...access,
    write(work) {
      const fence = fenceOf();
      return access.write(() => {
        requireLease(access, fence);
        return work();
      });
    },
  };
}

/** Inside a write. @throws LEASE_LOST */
function requireLease(access: Access, fence: Fence | null): void {
  const held =
    fence === null
      ? undefined
      : access.get("SELECT 1 FROM leases WHERE name = ? AND epoch = ?", fence.name, fence.epoch);
  if (held === undefined) throw new WattproofError("LEASE_LOST", "Another replica does this work by now.");
}

/** Inside a write. @throws STATION_MOVED */
export function requireStation(access: Access, { stationId, epoch }: StationFence): void {
  const held = access.get("SELECT 1 FROM station_holds WHERE station_id = ? AND epoch = ?", stationId, epoch);
  if (held === undefined) throw new WattproofError("STATION_MOVED", "The station has a newer connection.");
}

/** Inside a write. @throws STATION_MOVED */
export function requireHolder(access: Access, { stationId, replicaId }: StationHolder): void {
  const held = access.get("SELECT 1 FROM station_holds WHERE station_id = ? AND replica_id = ?", stationId, replicaId);
  if (held === undefined) throw new WattproofError("STATION_MOVED", "The station belongs to another replica.");
}
