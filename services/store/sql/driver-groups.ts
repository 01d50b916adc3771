import { z } from "zod";

import type { DriverGroupChange, DriverGroupMember, DriverGroupStore } from "../driver-groups.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Who is in which group of drivers, and who said so when: a row is never removed. */
export const driverGroupStep = `
  CREATE TABLE driver_group_members (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    driver_group TEXT NOT NULL,
    driver TEXT NOT NULL,
    since_block INTEGER NOT NULL,
    since_seconds INTEGER NOT NULL,
    added_at_ms INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    -- NULL while the driver is in the group.
    until_block INTEGER,
    until_seconds INTEGER,
    removed_at_ms INTEGER,
    removed_by TEXT,
    CHECK ((until_block IS NULL) = (removed_at_ms IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX driver_group_members_current ON driver_group_members (driver_group, driver)
    WHERE removed_at_ms IS NULL;
  CREATE INDEX driver_group_members_driver ON driver_group_members (driver, ordinal);
`;

const columns = `ordinal, driver_group, driver, since_block, since_seconds, added_at_ms, added_by, until_block,
  until_seconds, removed_at_ms, removed_by`;
const readMemberRow = reader(
  "member of a group of drivers",
  z
    .object({
      ordinal: z.number(),
      driver_group: z.string(),
      driver: z.string(),
      since_block: z.number(),
      since_seconds: z.number(),
      added_at_ms: z.number(),
      added_by: z.string(),
      until_block: z.number().nullable(),
      until_seconds: z.number().nullable(),
      removed_at_ms: z.number().nullable(),
      removed_by: z.string().nullable(),
    })
    .transform((row): DriverGroupMember => ({
      ordinal: row.ordinal,
      group: row.driver_group,
      driver: row.driver,
      since: { blockNumber: row.since_block, atSeconds: row.since_seconds },
      until: row.until_block === null ? null : { blockNumber: row.until_block, atSeconds: row.until_seconds ?? 0 },
      addedAtMs: row.added_at_ms,
      addedBy: row.added_by,
      removedAtMs: row.removed_at_ms,
      removedBy: row.removed_by,
    })),
);

export function createDriverGroupStore(access: Access): DriverGroupStore {
  /** In a write. @returns those for whom a row changed */
  async function changeEach(
    { drivers }: DriverGroupChange,
    changeOne: (driver: string) => Promise<number>,
  ): Promise<readonly string[]> {
    const changed: string[] = [];
    for (const driver of new Set(drivers.map((account) => account.toLowerCase()))) {
      if ((await changeOne(driver)) > 0) changed.push(driver);
    }
    return changed;
  }

  return {
    addToDriverGroup: (change) =>
      access.write(() =>
        changeEach(change, (driver) =>
          access.run(
            `INSERT INTO driver_group_members (driver_group, driver, since_block, since_seconds, added_at_ms, added_by)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (driver_group, driver) WHERE removed_at_ms IS NULL DO NOTHING`,
            ...[change.group, driver, change.at.blockNumber, change.at.atSeconds, change.atMs, change.by],
          ),
        ),
      ),
    removeFromDriverGroup: (change) =>
      access.write(() =>
        changeEach(change, (driver) =>
          access.run(
            `UPDATE driver_group_members SET until_block = ?, until_seconds = ?, removed_at_ms = ?, removed_by = ?
             WHERE driver_group = ? AND driver = ? AND removed_at_ms IS NULL`,
            ...[change.at.blockNumber, change.at.atSeconds, change.atMs, change.by, change.group, driver],
          ),
        ),
      ),
    listGroupsOfDriver: (driver) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM driver_group_members WHERE driver = ? ORDER BY ordinal`,
            driver.toLowerCase(),
          )
        ).map(readMemberRow),
      ),
    listDriverGroupMembers: ({ group, afterOrdinal, limit }) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM driver_group_members
             WHERE removed_at_ms IS NULL AND ordinal > ? AND (? = '' OR driver_group = ?) ORDER BY ordinal LIMIT ?`,
            ...[afterOrdinal, group ?? "", group ?? "", limit],
          )
        ).map(readMemberRow),
      ),
    hasDriverGroup: (group) =>
      access.read(async () => {
        const row = await access.get("SELECT 1 FROM driver_group_members WHERE driver_group = ? LIMIT 1", group);
        return row !== undefined;
      }),
  };
}
