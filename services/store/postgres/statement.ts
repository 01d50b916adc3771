/** A statement as PostgreSQL takes it. */
export interface Statement {
  /** By which it is prepared once on each connection. */
  readonly name: string;
  readonly text: string;
}

const statements = new Map<string, Statement>();

/**
 * The statement of PostgreSQL for one of `sql/`, which are constants, so that their number is bounded. Parameters are
 * numbered, and what tells SQLite which index to take is left out.
 */
export function statementOf(sql: string): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  let count = 0;
  const text = sql
    // A question mark within a text of SQL is none of ours.
    .replace(/'[^']*'|\?/g, (part) => {
      if (part !== "?") return part;
      count += 1;
      return `$${count}`;
    })
    .replace(/\b(?:NOT INDEXED|INDEXED BY \w+)\b/g, "")
    // The order of a join is SQLite's to keep alone.
    .replace(/\bCROSS JOIN\b/g, "JOIN");
  const statement = { name: `s${statements.size}`, text };
  statements.set(sql, statement);
  return statement;
}
