import { z } from "zod";

import { weekdays } from "../../domain/local-time.ts";
import type { PlanAssignment, TariffPlanStore } from "../tariff-plans.ts";
import type { Access } from "./access.ts";
import { encode } from "./codec.ts";
import { reader } from "./rows.ts";

/** Prices that take turns. A row of an EVSE is never removed, so that it says for ever who planned what when. */
export const tariffPlanStep = `
  CREATE TABLE tariff_plans (
    plan_id TEXT PRIMARY KEY,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE plan_assignments (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    evse INTEGER NOT NULL,
    plan_id TEXT NOT NULL REFERENCES tariff_plans (plan_id),
    assigned_at_ms INTEGER NOT NULL,
    assigned_by TEXT NOT NULL,
    ended_at_ms INTEGER,
    ended_by TEXT,
    CHECK ((ended_at_ms IS NULL) = (ended_by IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX plan_assignments_current ON plan_assignments (evse) WHERE ended_at_ms IS NULL;
`;

const plan = z.strictObject({
  zone: z.string(),
  windows: z.array(
    z.strictObject({
      tariffId: z.string(),
      fromTime: z.string(),
      toTime: z.string(),
      weekdays: z.array(z.enum(weekdays)),
      fromDate: z.string().nullable(),
      toDate: z.string().nullable(),
    }),
  ),
});
const readPlanRow = reader(
  "plan of an EVSE",
  z
    .object({
      evse: z.number(),
      plan_id: z.string(),
      content: z.string(),
      assigned_at_ms: z.number(),
      assigned_by: z.string(),
    })
    .transform((row): PlanAssignment => ({
      evse: row.evse,
      planId: row.plan_id,
      plan: plan.parse(JSON.parse(row.content)),
      assignedAtMs: row.assigned_at_ms,
      assignedBy: row.assigned_by,
    })),
);
const columns = "evse, plan_id, content, assigned_at_ms, assigned_by";

export function createTariffPlanStore(access: Access): TariffPlanStore {
  /** In a write. @returns whether there was one */
  async function end(evse: number, atMs: number, by: string): Promise<boolean> {
    const changed = await access.run(
      "UPDATE plan_assignments SET ended_at_ms = ?, ended_by = ? WHERE evse = ? AND ended_at_ms IS NULL",
      atMs,
      by,
      evse,
    );
    return changed > 0;
  }

  async function findCurrent(evse: number): Promise<PlanAssignment | null> {
    const row = await access.get(
      `SELECT ${columns} FROM plan_assignments NATURAL JOIN tariff_plans WHERE evse = ? AND ended_at_ms IS NULL`,
      evse,
    );
    return row === undefined ? null : readPlanRow(row);
  }

  return {
    assignPlan: ({ planId, plan: content, tariffs, evses, atMs, by }) =>
      access.write(async () => {
        await access.run(
          "INSERT INTO tariff_plans (plan_id, content) VALUES (?, ?) ON CONFLICT (plan_id) DO NOTHING",
          planId,
          encode(content),
        );
        for (const { tariffId, tariff } of tariffs) {
          await access.run(
            "INSERT INTO tariffs (tariff_id, content) VALUES (?, ?) ON CONFLICT (tariff_id) DO NOTHING",
            tariffId,
            encode(tariff),
          );
        }
        for (const evse of new Set(evses)) {
          if ((await findCurrent(evse))?.planId === planId) continue;
          await end(evse, atMs, by);
          await access.run(
            "INSERT INTO plan_assignments (evse, plan_id, assigned_at_ms, assigned_by) VALUES (?, ?, ?, ?)",
            evse,
            planId,
            atMs,
            by,
          );
        }
      }),
    endPlans: ({ evses, atMs, by }) =>
      access.write(async () => {
        const ended: number[] = [];
        for (const evse of new Set(evses)) if (await end(evse, atMs, by)) ended.push(evse);
        return ended;
      }),
    findPlanOfEvse: (evse) => access.read(() => findCurrent(evse)),
    listPlannedEvses: () =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM plan_assignments NATURAL JOIN tariff_plans WHERE ended_at_ms IS NULL ORDER BY evse`,
          )
        ).map(readPlanRow),
      ),
  };
}
