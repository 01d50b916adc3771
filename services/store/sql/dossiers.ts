import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { DossierStore, MeterOfSessions } from "../dossiers.ts";
import type { Access } from "./access.ts";
import { reader, readSessionRow } from "./rows.ts";
import { sessionColumns } from "./sessions.ts";

/** Sessions of one meter one after the other, without a look at those of others. */
export const dossierStep = `
  ALTER TABLE sessions ADD COLUMN meter_number INTEGER AS (json_extract (terms, '$.meter')) VIRTUAL;
  ALTER TABLE sessions ADD COLUMN evse_number INTEGER AS (json_extract (terms, '$.evse')) VIRTUAL;
  CREATE INDEX sessions_meter ON sessions (operator, meter_number, ordinal, evse_number);
`;

const readMeterRow: (row: unknown) => MeterOfSessions = reader(
  "meter of sessions",
  z.object({ meter: z.number(), evse: z.number() }),
);

export function createDossierStore(access: Access): DossierStore {
  return {
    listMetersOf: (operator) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT DISTINCT meter_number AS meter, evse_number AS evse FROM sessions WHERE operator = ?
             ORDER BY meter, evse`,
            operator,
          )
        ).map(readMeterRow),
      ),
    listSessionsOfMeter: (operator, meter, after, limit) =>
      access.snapshot(async () => {
        const ordinal =
          after === null
            ? 0
            : (await access.get("SELECT ordinal FROM sessions WHERE session_id = ?", after))?.["ordinal"];
        if (ordinal === undefined) throw new WattproofError("QUERY_INVALID", "after names no session.");
        return (
          await access.all(
            `SELECT ${sessionColumns} FROM sessions WHERE operator = ? AND meter_number = ? AND ordinal > ?
             ORDER BY ordinal LIMIT ?`,
            operator,
            meter,
            z.number().parse(ordinal),
            limit,
          )
        ).map(readSessionRow);
      }),
  };
}
