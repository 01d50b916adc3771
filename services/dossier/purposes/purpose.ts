import { readFileSync } from "node:fs";

import { z } from "zod";

import { WattproofError } from "../../errors.ts";

/** What a column shows. */
export const columnContents = [
  ...["evse-id", "evse-number", "identifier", "operator", "month", "period-begin", "period-end"],
  ...["kwh", "mwh", "sessions", "meter-vendor", "meter-model", "meter-serial", "meter-key"],
  ...["opening-kwh", "closing-kwh", "gaps-kwh", "calibration-expires", "purpose", "dossier-root"],
  ...["session-id", "id-tag", "session-begin", "session-end", "mean-power-kw", "proof", "settlement"],
] as const;

export type ColumnContent = (typeof columnContents)[number];

const purposeSchema = z.strictObject({
  /** What a dossier's purpose begins with. */
  id: z.string(),
  title: z.string(),
  /** What a row is. */
  row: z.enum(["evse-and-month", "evse-and-quarter", "meter-and-period", "session"]),
  /** What has to be known beside the columns. */
  note: z.string(),
  columns: z
    .array(
      z.strictObject({
        name: z.string(),
        content: z.enum(columnContents),
        /** For `identifier`: which one of the EVSE. */
        identifier: z.string().optional(),
        /** Where the rule that asks for it stands. */
        source: z.string(),
      }),
    )
    .min(1),
});

export type Purpose = z.infer<typeof purposeSchema>;

const names = ["nl-ere", "us-ca-lcfs", "de-thg", "fr-tiruert", "us-nevi", "fleet", "roaming", "data"];

/** The purposes that have a set of columns. */
export function listPurposes(): readonly Purpose[] {
  return names.map((name) =>
    purposeSchema.parse(JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"))),
  );
}

/**
 * The purpose of a dossier by its beginning: NL-ERE-2026 is NL-ERE. One of its own begins with X- and has no columns.
 * @throws DOSSIER_PURPOSE_UNKNOWN
 */
export function findPurpose(purpose: string): Purpose | null {
  if (purpose.startsWith("X-")) return null;
  const found = listPurposes().find(({ id }) => purpose === id || purpose.startsWith(`${id}-`));
  if (found === undefined) {
    const known = listPurposes().map(({ id }) => id);
    throw new WattproofError("DOSSIER_PURPOSE_UNKNOWN", `${purpose} begins with none of ${known.join(", ")}, X.`);
  }
  return found;
}
