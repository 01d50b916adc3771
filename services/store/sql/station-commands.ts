import { z } from "zod";

import type { CommandOutcome, ReplicaStore, StationCommand } from "../replicas.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";
import type { Sharing } from "./sharing.ts";

const readCommandRow = reader(
  "command",
  z
    .object({ command_id: z.string(), station_id: z.string(), action: z.string(), payload: z.string() })
    .transform((row): StationCommand => ({
      commandId: row.command_id,
      stationId: row.station_id,
      action: row.action,
      payload: row.payload,
    })),
);
const outcomeText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("answered"), answer: z.string() }),
      z.object({ kind: z.literal("failed"), code: z.string(), detail: z.string() }),
    ]),
  );
const readOutcomeRow: (row: unknown) => { readonly outcome: CommandOutcome | null } = reader(
  "command's outcome",
  z.object({ outcome: outcomeText.nullable() }),
);

/** Commands for stations of other replicas, and who is to look for them. */
export function createCommandStore(access: Access, { now, signal: tell, onSignal }: Sharing) {
  const signal = <Result>(result: Result): Result => {
    tell();
    return result;
  };

  return {
    askStation: ({ commandId, stationId, action, payload }, forMs) =>
      access
        .write(async () => {
          await access.run(
            `INSERT INTO station_commands (command_id, station_id, action, payload, until_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (command_id) DO NOTHING`,
            commandId,
            stationId,
            action,
            payload,
            (await now()) + forMs,
          );
        })
        .then(signal),
    takeCommands: (replicaId, limit) =>
      access.write(async () => {
        const taken = await access.all(
          `SELECT command_id, station_id, action, payload FROM station_commands
           WHERE taken_by IS NULL AND until_ms > ?
             AND station_id IN (SELECT station_id FROM station_holds WHERE replica_id = ?) ORDER BY ordinal LIMIT ?`,
          await now(),
          replicaId,
          limit,
        );
        const commands = taken.map(readCommandRow);
        for (const { commandId } of commands) {
          await access.run("UPDATE station_commands SET taken_by = ? WHERE command_id = ?", replicaId, commandId);
        }
        return commands;
      }),
    endCommand: (commandId, outcome) =>
      access
        .write(async () => {
          await access.run(
            "UPDATE station_commands SET outcome = ?, payload = '' WHERE command_id = ? AND outcome IS NULL",
            JSON.stringify(outcome),
            commandId,
          );
        })
        .then(signal),
    findCommandOutcome: (commandId) =>
      access.read(async () => {
        const row = await access.get("SELECT outcome FROM station_commands WHERE command_id = ?", commandId);
        return row === undefined ? null : readOutcomeRow(row).outcome;
      }),
    dropCommands: () =>
      access.write(async () => {
        await access.run("DELETE FROM station_commands WHERE until_ms <= ?", await now());
      }),
    onSignal,
  } satisfies Partial<ReplicaStore>;
}
