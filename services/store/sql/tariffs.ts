import { z } from "zod";

import { stepsToAssign, stepsToUnassign, type AssignmentStep } from "../../domain/tariff-assignment.ts";
import type { TariffScope } from "../../domain/tariff-scope.ts";
import type { AssignmentOccasion, TariffAssignment, TariffStore } from "../tariffs.ts";
import type { Access } from "./access.ts";
import { encode } from "./codec.ts";
import { reader } from "./rows.ts";

/**
 * Which tariffs EVSEs offer, and who said so when: a row is never removed. Sessions that a service knew before this step
 * go on at the price that they were opened with.
 */
export const tariffStep = `
  CREATE TABLE tariff_assignments (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    evse INTEGER NOT NULL,
    tariff_id TEXT NOT NULL REFERENCES tariffs (tariff_id),
    since_block INTEGER NOT NULL,
    since_seconds INTEGER NOT NULL,
    assigned_at_ms INTEGER NOT NULL,
    assigned_by TEXT NOT NULL,
    -- NULL while the EVSE offers the tariff.
    until_block INTEGER,
    until_seconds INTEGER,
    ended_at_ms INTEGER,
    ended_by TEXT,
    CHECK ((until_block IS NULL) = (ended_at_ms IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX tariff_assignments_current ON tariff_assignments (evse, tariff_id) WHERE ended_at_ms IS NULL;
  CREATE INDEX tariff_assignments_evse ON tariff_assignments (evse, ordinal);

  CREATE TABLE last_block_before_assignments (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number INTEGER NOT NULL
  ) STRICT;
  INSERT INTO last_block_before_assignments SELECT 1, number FROM chain_cursor;
`;

/** Tariffs of connectors, sites and groups of drivers, and which EVSEs stand in which site. */
export const tariffScopeStep = `
  -- In these columns 0 and '' stand for: each, none, everybody.
  ALTER TABLE tariff_assignments ADD COLUMN connector INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tariff_assignments ADD COLUMN site TEXT NOT NULL DEFAULT '';
  ALTER TABLE tariff_assignments ADD COLUMN driver_group TEXT NOT NULL DEFAULT '';
  DROP INDEX tariff_assignments_current;
  CREATE UNIQUE INDEX tariff_assignments_current
    ON tariff_assignments (evse, connector, site, driver_group, tariff_id) WHERE ended_at_ms IS NULL;
  CREATE INDEX tariff_assignments_site ON tariff_assignments (site, ordinal);

  CREATE TABLE site_evses (
    evse INTEGER PRIMARY KEY,
    site TEXT NOT NULL
  ) STRICT;
  CREATE INDEX site_evses_site ON site_evses (site, evse);
`;

const columns = `ordinal, evse, connector, site, driver_group, tariff_id, since_block, since_seconds, assigned_at_ms, assigned_by, until_block,
  until_seconds, ended_at_ms, ended_by`;
const readAssignmentRow = reader(
  "assignment of a tariff",
  z
    .object({
      ordinal: z.number(),
      evse: z.number(),
      connector: z.number(),
      site: z.string(),
      driver_group: z.string(),
      tariff_id: z.string(),
      since_block: z.number(),
      since_seconds: z.number(),
      assigned_at_ms: z.number(),
      assigned_by: z.string(),
      until_block: z.number().nullable(),
      until_seconds: z.number().nullable(),
      ended_at_ms: z.number().nullable(),
      ended_by: z.string().nullable(),
    })
    .transform((row): TariffAssignment => ({
      ordinal: row.ordinal,
      scope: {
        evse: row.evse === 0 ? null : row.evse,
        connector: row.connector === 0 ? null : row.connector,
        site: row.site === "" ? null : row.site,
        group: row.driver_group === "" ? null : row.driver_group,
      },
      tariffId: row.tariff_id,
      since: { blockNumber: row.since_block, atSeconds: row.since_seconds },
      until: row.until_block === null ? null : { blockNumber: row.until_block, atSeconds: row.until_seconds ?? 0 },
      assignedAtMs: row.assigned_at_ms,
      assignedBy: row.assigned_by,
      endedAtMs: row.ended_at_ms,
      endedBy: row.ended_by,
    })),
);
const evseRow = z.object({ evse: z.number() });
const tariffIdRow = z.object({ tariff_id: z.string() });
const numberRow = z.object({ number: z.number() });

const isScope = "evse = ? AND connector = ? AND site = ? AND driver_group = ?";

/** A scope in the order of `isScope`. */
function keyOf({ evse, connector, site, group }: TariffScope): readonly [number, number, string, string] {
  return [evse ?? 0, connector ?? 0, site ?? "", group ?? ""];
}

export function createTariffStore(access: Access): TariffStore {
  async function currentOf(scope: TariffScope): Promise<readonly string[]> {
    return (
      await access.all(
        `SELECT tariff_id FROM tariff_assignments WHERE ${isScope} AND ended_at_ms IS NULL ORDER BY ordinal`,
        ...keyOf(scope),
      )
    ).map((row) => tariffIdRow.parse(row).tariff_id);
  }

  async function take({ tariffId, step, ...scope }: AssignmentStep, occasion: AssignmentOccasion): Promise<void> {
    const { at, atMs, by } = occasion;
    if (step === "ended") {
      await access.run(
        `UPDATE tariff_assignments SET until_block = ?, until_seconds = ?, ended_at_ms = ?, ended_by = ?
         WHERE ${isScope} AND tariff_id = ? AND ended_at_ms IS NULL`,
        ...[at.blockNumber, at.atSeconds, atMs, by],
        ...keyOf(scope),
        tariffId,
      );
      return;
    }
    await access.run(
      `INSERT INTO tariff_assignments
         (evse, connector, site, driver_group, tariff_id, since_block, since_seconds, assigned_at_ms, assigned_by)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...keyOf(scope),
      ...[tariffId, at.blockNumber, at.atSeconds, atMs, by],
    );
  }

  /** In a write: nothing comes between what is read and what is written. */
  async function change(
    scopes: readonly TariffScope[],
    occasion: AssignmentOccasion,
    stepsFor: (scope: TariffScope, current: readonly string[]) => readonly AssignmentStep[],
  ): Promise<readonly AssignmentStep[]> {
    const each = new Map(scopes.map((scope) => [keyOf(scope).join(" "), scope]));
    const steps: AssignmentStep[] = [];
    for (const scope of each.values()) steps.push(...stepsFor(scope, await currentOf(scope)));
    for (const step of steps) await take(step, occasion);
    return steps;
  }

  async function list(where: string, ...values: readonly (number | string)[]): Promise<readonly TariffAssignment[]> {
    const rows = await access.all(
      `SELECT ${columns} FROM tariff_assignments WHERE ${where} ORDER BY ordinal`,
      ...values,
    );
    return rows.map(readAssignmentRow);
  }

  return {
    assignTariffs: ({ scopes, tariffs, isReplacing, ...occasion }) =>
      access.write(async () => {
        for (const { tariffId, tariff } of tariffs) {
          await access.run(
            "INSERT INTO tariffs (tariff_id, content) VALUES (?, ?) ON CONFLICT (tariff_id) DO NOTHING",
            tariffId,
            encode(tariff),
          );
        }
        const wanted = tariffs.map(({ tariffId }) => tariffId);
        return await change(scopes, occasion, (scope, current) => stepsToAssign(scope, current, wanted, isReplacing));
      }),
    unassignTariff: ({ scopes, tariffId, ...occasion }) =>
      access.write(() => change(scopes, occasion, (scope, current) => stepsToUnassign(scope, current, tariffId))),
    listAssignmentsIn: (scope) => access.read(() => list(isScope, ...keyOf(scope))),
    listAssignmentsAt: (evse) =>
      access.read(() =>
        list("evse = ? OR (site <> '' AND site IN (SELECT site FROM site_evses WHERE evse = ?))", evse, evse),
      ),
    listTariffAssignments: ({ evse, isWithEnded, afterOrdinal, limit }) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM tariff_assignments
             WHERE ordinal > ? AND (CAST(? AS BIGINT) IS NULL OR evse = ?) AND (? = 1 OR ended_at_ms IS NULL)
             ORDER BY ordinal LIMIT ?`,
            afterOrdinal,
            evse,
            evse,
            isWithEnded ? 1 : 0,
            limit,
          )
        ).map(readAssignmentRow),
      ),
    listEvsesWithoutTariff: (limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT DISTINCT evse FROM station_evses WHERE NOT EXISTS (
               SELECT 1 FROM tariff_assignments AS offered WHERE ended_at_ms IS NULL AND driver_group = ''
                 AND ((offered.evse = station_evses.evse AND connector = 0) OR (offered.site <> ''
                   AND offered.site IN (SELECT site FROM site_evses WHERE site_evses.evse = station_evses.evse))))
             ORDER BY evse LIMIT ?`,
            limit,
          )
        ).map((row) => evseRow.parse(row).evse),
      ),
    readLastBlockBeforeAssignments: () =>
      access.read(async () => {
        const row = await access.get("SELECT number FROM last_block_before_assignments");
        return row === undefined ? -1 : numberRow.parse(row).number;
      }),
    putSites: (sites) =>
      access.write(async () => {
        await access.run("DELETE FROM site_evses");
        for (const { site, evses } of sites) {
          for (const evse of evses) await access.run("INSERT INTO site_evses (evse, site) VALUES (?, ?)", evse, site);
        }
      }),
    listEvsesOfSite: (site) =>
      access.read(async () =>
        (await access.all("SELECT evse FROM site_evses WHERE site = ? ORDER BY evse", site)).map(
          (row) => evseRow.parse(row).evse,
        ),
      ),
  };
}
