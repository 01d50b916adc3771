import { WattproofError } from "../../errors.ts";
import type { Fence, StationFence, StationHolder } from "../replicas.ts";
import type { Access } from "./access.ts";

/** The same access, where every write is refused unless its fence is the newest epoch of its lease. */
export function createFencedAccess(access: Access, fenceOf: () => Fence | null): Access {
  return {
    ...access,
    write(work) {
      const fence = fenceOf();
      return access.write(async () => {
        await requireLease(access, fence);
        return work();
      });
    },
  };
}

/** Inside a write. @throws LEASE_LOST */
async function requireLease(access: Access, fence: Fence | null): Promise<void> {
  const held =
    fence === null
      ? undefined
      : await access.get("SELECT 1 FROM leases WHERE name = ? AND epoch = ?", fence.name, fence.epoch);
  if (held === undefined) throw new WattproofError("LEASE_LOST", "Another replica does this work by now.");
}

/** Inside a write. @throws STATION_MOVED */
export async function requireStation(access: Access, { stationId, epoch }: StationFence): Promise<void> {
  const held = await access.get("SELECT 1 FROM station_holds WHERE station_id = ? AND epoch = ?", stationId, epoch);
  if (held === undefined) throw new WattproofError("STATION_MOVED", "The station has a newer connection.");
}

/** Inside a write. @throws STATION_MOVED */
export async function requireHolder(access: Access, { stationId, replicaId }: StationHolder): Promise<void> {
  const held = await access.get(
    "SELECT 1 FROM station_holds WHERE station_id = ? AND replica_id = ?",
    stationId,
    replicaId,
  );
  if (held === undefined) throw new WattproofError("STATION_MOVED", "The station belongs to another replica.");
}
