import { z } from "zod";

import type { LivenessStore } from "../liveness.ts";
import type { Access } from "./access.ts";

/** How far the clock for waits is. */
export const steadyStep = `
  CREATE TABLE steady_mark (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    at_ms INTEGER NOT NULL
  ) STRICT;
`;

export type SteadyMarkPart = Pick<LivenessStore, "readSteadyMark" | "moveSteadyMark">;

const markRow = z.object({ at_ms: z.number() });

export function createSteadyMarkStore(access: Access): SteadyMarkPart {
  return {
    readSteadyMark: () =>
      access.read(async () => {
        const row = await access.get("SELECT at_ms FROM steady_mark");
        return row === undefined ? null : markRow.parse(row).at_ms;
      }),
    moveSteadyMark: (atMs) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO steady_mark (only_row, at_ms) VALUES (1, ?)
           ON CONFLICT (only_row) DO UPDATE SET at_ms = excluded.at_ms WHERE steady_mark.at_ms < excluded.at_ms`,
          atMs,
        );
      }),
  };
}
