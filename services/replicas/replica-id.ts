import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** A folder belongs to one process at a time; a process that comes after it has the same rights at once. */
const onlyReplica = "single";

/** What a process is configured from. */
interface ReplicaConfig {
  readonly postgres: object | null;
  readonly replicaName: string | null;
}

/**
 * By what a process is known among the replicas on its ledger. In PostgreSQL each process is another replica, whatever its
 * settings say: two with one id would each take the other's rights for its own.
 */
export function replicaIdOf(config: ReplicaConfig): string {
  const name = replicaNameOf(config);
  return config.postgres === null ? name : `${name}-${randomBytes(6).toString("hex")}`;
}

/** The part of the id that is the same after a restart. */
export function replicaNameOf({ postgres, replicaName }: ReplicaConfig): string {
  if (postgres === null) return onlyReplica;
  return (
    replicaName ??
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 40)
  );
}
