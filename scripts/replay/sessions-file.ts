import { readFileSync } from "node:fs";

import { parse } from "csv-parse/sync";
import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

/** One charging session as the file has it. What it cost then does not matter here: a published tariff prices. */
export interface FileSession {
  readonly sessionId: string;
  /** Seconds since 1970, the file's local time taken as UTC+1 all year: a clock that never goes back. */
  readonly beginSeconds: number;
  readonly durationSeconds: number;
  readonly energyWh: number;
  readonly stationId: string;
  readonly plug: string;
  /** Null where the file does not say who charged. */
  readonly driver: string | null;
}

const wholeNumber = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,8})$/u, "not a whole number")
  .transform(Number);
const row = z.object({
  session_id: z.string().min(1),
  begin_local: z
    .string()
    .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$/u, "not a time like 2017-01-01T10:30")
    .transform((text) => Date.parse(`${text}:00+01:00`) / 1000)
    .pipe(z.int().nonnegative()),
  duration_s: wholeNumber,
  energy_wh: wholeNumber,
  station_id: z.string().min(1),
  plug: z.string().min(1),
  driver: z.string(),
});

/**
 * The sessions of a file, the first `limit` of them.
 *
 * @throws WattproofError SESSIONS_FILE_INVALID
 */
export function readSessionsFile(path: string, limit: number): readonly FileSession[] {
  let place = path;
  try {
    const rows: unknown[] = parse(readFileSync(path, "utf8"), { columns: true, skip_empty_lines: true, to: limit });
    const sessions = rows.map((value, index) => {
      place = `${path}, line ${index + 2}`;
      const parsed = row.parse(value);

      return {
        sessionId: parsed.session_id,
        beginSeconds: parsed.begin_local,
        durationSeconds: parsed.duration_s,
        energyWh: parsed.energy_wh,
        stationId: parsed.station_id,
        plug: parsed.plug,
        driver: parsed.driver === "" ? null : parsed.driver,
      };
    });
    place = path;
    if (sessions.length === 0) {
      throw new RangeError("There is no session in it");
    }

    return sessions;
  } catch (error) {
    throw new WattproofError("SESSIONS_FILE_INVALID", place, { cause: error });
  }
}
