import { createStore } from "../sql/parts.ts";
import type { Store } from "../store.ts";
import { createAccess } from "./access.ts";
import { openDatabase } from "./database.ts";
import { createFramePlaces } from "./frame-places.ts";
import { createGroupCommit } from "./group-commit.ts";
import { createOcppFrameStore } from "./ocpp-frames.ts";
import { createDamageLatch } from "./sqlite-errors.ts";

/**
 * The ledger in one SQLite file, `wattproof.sqlite`, of a folder.
 * @param now The clock that judges what has run out, in milliseconds.
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT
 */
export function openSqliteStore(folder: string, now: () => number = Date.now): Store {
  const database = openDatabase(folder);
  const latch = createDamageLatch();
  const commits = createGroupCommit(database, latch);
  const access = createAccess(database, commits, latch);
  const places = createFramePlaces(access);
  // All replicas on this file are in this process.
  const listeners = new Set<() => void>();

  return createStore({
    access,
    frames: createOcppFrameStore(access, places),
    sharing: {
      now: () => Promise.resolve(now()),
      handedOnSql:
        "SELECT cursors.station_ordinal FROM ocpp_station_cursors AS cursors WHERE cursors.station_id = frames.station_id",
      listStandbys: () => Promise.resolve(null),
      async listBacklogged() {
        await places.ready();
        return places.backlogs().map(({ stationId }) => stationId);
      },
      signal() {
        for (const listener of listeners) listener();
      },
      onSignal(listener) {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
    },
    async close() {
      await commits.close();
      if (database.isOpen) database.close();
    },
  });
}
