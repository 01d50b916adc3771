import { z } from "zod";

import type { MeterTimeApproval, MeterTimeStore } from "../meter-times.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Meters whose time is approved for prices. */
export const meterTimeStep = `
  CREATE TABLE meter_times (
    meter INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    approved_at_ms INTEGER NOT NULL,
    approved_by TEXT NOT NULL
  ) STRICT;
`;

const columns = "meter, reference, approved_at_ms, approved_by";
const readRow = reader(
  "approval of a meter's time",
  z
    .object({ meter: z.number(), reference: z.string(), approved_at_ms: z.number(), approved_by: z.string() })
    .transform((row): MeterTimeApproval => ({
      meter: row.meter,
      reference: row.reference,
      approvedAtMs: row.approved_at_ms,
      approvedBy: row.approved_by,
    })),
);

export function createMeterTimeStore(access: Access): MeterTimeStore {
  return {
    approveMeterTime: ({ meter, reference, approvedAtMs, approvedBy }) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO meter_times (${columns}) VALUES (?, ?, ?, ?)
           ON CONFLICT (meter) DO UPDATE SET reference = excluded.reference,
             approved_at_ms = excluded.approved_at_ms, approved_by = excluded.approved_by`,
          ...[meter, reference, approvedAtMs, approvedBy],
        );
      }),
    withdrawMeterTime: (meter) =>
      access.write(async () => (await access.run("DELETE FROM meter_times WHERE meter = ?", meter)) > 0),
    findMeterTime: (meter) =>
      access.read(async () => {
        const row = await access.get(`SELECT ${columns} FROM meter_times WHERE meter = ?`, meter);
        return row === undefined ? null : readRow(row);
      }),
    listMeterTimes: (afterMeter, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM meter_times WHERE meter > ? ORDER BY meter LIMIT ?`,
            afterMeter,
            limit,
          )
        ).map(readRow),
      ),
  };
}
