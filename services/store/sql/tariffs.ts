import { z } from "zod";

import { stepsToAssign, stepsToUnassign, type AssignmentStep } from "../../domain/tariff-assignment.ts";
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

const columns = `ordinal, evse, tariff_id, since_block, since_seconds, assigned_at_ms, assigned_by, until_block,
  until_seconds, ended_at_ms, ended_by`;
const readAssignmentRow = reader(
  "assignment of a tariff",
  z
    .object({
      ordinal: z.number(),
      evse: z.number(),
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
      evse: row.evse,
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

export function createTariffStore(access: Access): TariffStore {
  async function currentOf(evse: number): Promise<readonly string[]> {
    return (
      await access.all(
        "SELECT tariff_id FROM tariff_assignments WHERE evse = ? AND ended_at_ms IS NULL ORDER BY ordinal",
        evse,
      )
    ).map((row) => tariffIdRow.parse(row).tariff_id);
  }

  async function take({ evse, tariffId, step }: AssignmentStep, { at, atMs, by }: AssignmentOccasion): Promise<void> {
    if (step === "ended") {
      await access.run(
        `UPDATE tariff_assignments SET until_block = ?, until_seconds = ?, ended_at_ms = ?, ended_by = ?
         WHERE evse = ? AND tariff_id = ? AND ended_at_ms IS NULL`,
        at.blockNumber,
        at.atSeconds,
        atMs,
        by,
        evse,
        tariffId,
      );
      return;
    }
    await access.run(
      `INSERT INTO tariff_assignments (evse, tariff_id, since_block, since_seconds, assigned_at_ms, assigned_by)
       VALUES (?, ?, ?, ?, ?, ?)`,
      evse,
      tariffId,
      at.blockNumber,
      at.atSeconds,
      atMs,
      by,
    );
  }

  /** In a write: nothing comes between what is read and what is written. */
  async function change(
    evses: readonly number[],
    occasion: AssignmentOccasion,
    stepsFor: (evse: number, current: readonly string[]) => readonly AssignmentStep[],
  ): Promise<readonly AssignmentStep[]> {
    const steps: AssignmentStep[] = [];
    for (const evse of new Set(evses)) steps.push(...stepsFor(evse, await currentOf(evse)));
    for (const step of steps) await take(step, occasion);
    return steps;
  }

  return {
    assignTariffs: ({ evses, tariffs, isReplacing, ...occasion }) =>
      access.write(async () => {
        for (const { tariffId, tariff } of tariffs) {
          await access.run(
            "INSERT INTO tariffs (tariff_id, content) VALUES (?, ?) ON CONFLICT (tariff_id) DO NOTHING",
            tariffId,
            encode(tariff),
          );
        }
        const wanted = tariffs.map(({ tariffId }) => tariffId);
        return await change(evses, occasion, (evse, current) => stepsToAssign(evse, current, wanted, isReplacing));
      }),
    unassignTariff: ({ evses, tariffId, ...occasion }) =>
      access.write(() => change(evses, occasion, (evse, current) => stepsToUnassign(evse, current, tariffId))),
    listAssignmentsOfEvse: (evse) =>
      access.read(async () =>
        (await access.all(`SELECT ${columns} FROM tariff_assignments WHERE evse = ? ORDER BY ordinal`, evse)).map(
          readAssignmentRow,
        ),
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
               SELECT 1 FROM tariff_assignments AS offered WHERE offered.evse = station_evses.evse AND ended_at_ms IS NULL)
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
  };
}
