import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** A folder belongs to one process at a time; a process that comes after it has the same rights at once. */
const onlyReplica = "single";

/**
 * By what a process is known among the replicas on its ledger. In PostgreSQL each process is another replica, whatever its
 * settings say: two with one id would each take the other's rights for its own.
 */
export function replicaIdOf({
  postgres,
  replicaName,
}: {
  readonly postgres: object | null;
  readonly replicaName: string | null;
}): string {
  if (postgres === null) return onlyReplica;
  const name =
    replicaName ??
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 40);
  return `${name}-${randomBytes(6).toString("hex")}`;
}
