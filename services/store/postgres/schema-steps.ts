import { WattproofError } from "../../errors.ts";
import { archiveStep, archiveTables } from "../sql/archive.ts";
import { migrations } from "../sqlite/migrations.ts";
import { archiveFunction, ownSchema } from "./own-schema.ts";
import { isTranslatable, translateSchema, translateSteps } from "./schema-translation.ts";

/** The steps of SQLite that were there when the first version for PostgreSQL was made. */
const stepsOfFirstVersion = 28;

/** Steps of SQLite, by their text, that PostgreSQL takes in another form. */
const otherForms: ReadonlyMap<string, string> = new Map([
  [archiveStep, `${translateSchema(archiveTables)}\n${archiveFunction}`],
]);

/** A step of the schema of PostgreSQL. */
export interface SchemaStep {
  readonly sql: string;
  /** It takes away what older versions use, so that they must not go on. Any other step they do not notice. */
  readonly isContraction: boolean;
}

/**
 * The schema, step by step: the first version, then one for each later step of SQLite. Replicas of the version before go on
 * beside a step that adds; what a step no longer needs is taken away by a later release.
 * @throws STORE_UNAVAILABLE if a step of SQLite needs a form for PostgreSQL that nobody wrote
 */
export function schemaSteps(): readonly SchemaStep[] {
  const first = `${translateSteps(migrations.slice(0, stepsOfFirstVersion))}\n${ownSchema}`;
  return [{ sql: first, isContraction: false }, ...migrations.slice(stepsOfFirstVersion).map(stepOf)];
}

function stepOf(step: string): SchemaStep {
  const own = otherForms.get(step);
  if (own === undefined && !isTranslatable(step)) {
    throw new WattproofError("STORE_UNAVAILABLE", "A step of the schema has no form for PostgreSQL.");
  }
  const sql = own ?? translateSchema(step);
  return { sql, isContraction: /\b(?:DROP|RENAME)\b/.test(sql) };
}
