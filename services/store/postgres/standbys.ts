import { z } from "zod";

import type { Standby } from "../replicas.ts";
import type { Access } from "../sql/access.ts";

const standbyRow = z
  .object({
    name: z.string().nullable(),
    waits: z.enum(["sync", "quorum", "potential", "async"]).nullable(),
    behind_bytes: z.number().nullable(),
    behind_ms: z.number().nullable(),
  })
  .transform((row): Standby => ({
    name: row.name ?? "",
    waits: row.waits,
    behindBytes: row.behind_bytes,
    behindMs: row.behind_ms,
  }));

/** Inside a read: the servers to which this one sends its log. Only a member of `pg_monitor` sees how far they are. */
export async function listStandbys(access: Access): Promise<readonly Standby[]> {
  const rows = await access.all(
    `SELECT application_name AS name, sync_state AS waits,
       CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS BIGINT) AS behind_bytes,
       CAST(extract(epoch FROM replay_lag) * 1000 AS BIGINT) AS behind_ms
     FROM pg_stat_replication ORDER BY application_name`,
  );
  return rows.map((row) => standbyRow.parse(row));
}
