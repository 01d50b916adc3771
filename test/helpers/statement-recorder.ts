import { DatabaseSync } from "node:sqlite";

/** Keeps every statement that is prepared for SQLite in this process, until it is ended. */
export function recordSqliteStatements(): { readonly statements: ReadonlySet<string>; readonly end: () => void } {
  const statements = new Set<string>();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const original = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function prepare(this: DatabaseSync, sql: string) {
    statements.add(sql);
    return original.call(this, sql);
  };
  return {
    statements,
    end() {
      DatabaseSync.prototype.prepare = original;
    },
  };
}
