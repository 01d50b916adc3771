import { z } from "zod";

import { createStore } from "../sql/parts.ts";
import type { Store } from "../store.ts";
import { createAccess } from "./access.ts";
import type { PoolSettings } from "./connection.ts";
import { createFrameLane } from "./frame-lane.ts";
import { createFrameStore } from "./frames.ts";
import { createPool } from "./pool.ts";
import { asStoreError } from "./postgres-errors.ts";
import { migrate } from "./schema.ts";
import { createSignals } from "./signals.ts";
import { listStandbys } from "./standbys.ts";
import type { PostgresTarget } from "./target.ts";
import { createWriteLane } from "./write-lane.ts";

const clockRow = z.object({ now_ms: z.number() });
const stationRow = z.object({ station_id: z.string() });

/**
 * The ledger in a database of PostgreSQL, whose schema is brought up to date first. The clock of the server judges what has
 * run out.
 * @throws STORE_MISSING where there is none and none is to be made; STORE_UNAVAILABLE, STORE_CORRUPT
 */
export async function openPostgresStore(
  target: PostgresTarget,
  settings: PoolSettings,
  { isInit }: { readonly isInit: boolean },
): Promise<Store> {
  const pool = createPool(target, settings);
  try {
    await migrate(pool, isInit);
  } catch (error) {
    await pool.close();
    throw asStoreError(error);
  }
  const lane = createWriteLane(pool);
  const { access, within } = createAccess(pool, lane);
  const frames = createFrameLane(pool, access, within);
  const signals = createSignals(pool, target);

  return createStore({
    access,
    frames: createFrameStore(access, pool, frames),
    sharing: {
      async now() {
        const sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms";
        return clockRow.parse(await access.get(sql)).now_ms;
      },
      async listBacklogged() {
        const rows = await access.all("SELECT station_id FROM ocpp_station_places WHERE handed_on < newest");
        return rows.map((row) => stationRow.parse(row).station_id);
      },
      handedOnSql: "SELECT handed_on FROM ocpp_station_places AS places WHERE places.station_id = frames.station_id",
      listStandbys: () => listStandbys(access),
      signal: signals.send,
      onSignal: signals.listen,
    },
    async close() {
      await Promise.all([lane.close(), frames.close(), signals.close()]);
      await pool.close();
    },
  });
}
