import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import { recordSqliteStatements } from "../../../helpers/statement-recorder.ts";
import { describeStore } from "../suite.ts";

/** Tables that get rows with every session, message or block, for as long as a service runs. */
const growing = [
  ...["sessions", "session_events", "session_totals", "messages", "records", "register_spans", "cdrs", "invoices"],
  ...["batches", "batch_items", "transactions", "signed_claims", "operator_actions", "relayed_calls", "relay_jobs"],
  ...["ocpp_frames", "ocpp_transactions", "charging_transactions", "charging_frames", "charging_starts"],
  ...["start_requests", "token_openings", "unmatched_messages", "session_view_keys"],
];
/** Other names by which statements call them. */
const aliases = ["frames", "begun", "events", "opening"];

/** Statements that may read a growing table from its beginning to its end, by a part of their text, and why. */
const exceptions: readonly (readonly [part: string, why: string])[] = [
  ["FROM ocpp_frames NOT INDEXED WHERE station_id = ?", "by `station check` and where a station's place is not known"],
  ["FROM ocpp_frames AS frames WHERE", "by `store archive` alone, which looks at all of them"],
  ["SELECT status, count(*) AS count FROM sessions GROUP BY status", "counts a covering index; kept for a second"],
  ["FROM token_openings WHERE CAST(? AS TEXT) IS NULL OR status = ?", "a list for the operator, from its newest row"],
  ["SELECT session_id, terms FROM sessions ORDER BY ordinal LIMIT 1", "reads one row"],
];

const recorder = recordSqliteStatements();

describeStore("SQLite, whose statements are looked at", () => {
  const folder = mkdtempSync(join(tmpdir(), "wattproof-plans-"));
  let store = openSqliteStore(folder);
  return Promise.resolve({
    store,
    async reopen() {
      await store.close();
      store = openSqliteStore(folder);
      return store;
    },
    async remove() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  });
});

describe("The cost of a statement", function () {
  let folder: string;
  let database: DatabaseSync;
  let partial: ReadonlySet<string>;

  before(async function () {
    recorder.end();
    folder = mkdtempSync(join(tmpdir(), "wattproof-plans-"));
    await openSqliteStore(folder).close();
    database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    const rows = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index'").all();
    const isPartial = (sql: unknown): boolean => /\)\s*WHERE\b/u.test(String(sql));
    partial = new Set(rows.filter((row) => isPartial(row["sql"])).map((row) => String(row["name"])));
  });
  after(function () {
    database.close();
    rmSync(folder, { recursive: true });
  });

  /** Steps that read a growing table whole, or all its rows in which a column is NULL. */
  function wholeReads(sql: string): readonly string[] {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    return plan
      .map((row) => String(row["detail"]))
      .filter((step) => {
        const [, table = "", index = ""] =
          /^(?:SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/u.exec(step) ?? [];
        if (![...growing, ...aliases].includes(table)) return false;
        if (step.startsWith("SCAN")) return !partial.has(index);
        const isOfNone = table === "charging_transactions" || table === "begun";
        return isOfNone && /\(session_id=\?\)$/u.test(step) && /\bsession_id IS NULL\b/u.test(sql);
      });
  }

  it("does not grow with the history: none that the store has reads a growing table whole", function () {
    const statements = [...recorder.statements].filter((sql) =>
      /^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b/u.test(sql),
    );
    expect(statements.length).to.be.greaterThan(250);
    const costly = statements
      .filter((sql) => !exceptions.some(([part]) => sql.includes(part)))
      .flatMap((sql) => wholeReads(sql).map((step) => `${step}: ${sql.replaceAll(/\s+/gu, " ")}`));
    expect(costly).to.deep.equal([]);
  });

  it("is looked at with care: each exception is a statement of the store, and a whole read is seen", function () {
    for (const [part] of exceptions)
      expect(
        [...recorder.statements].filter((sql) => sql.includes(part)),
        part,
      ).not.to.have.length(0);
    expect(wholeReads("SELECT text FROM ocpp_frames WHERE station_id = ?")).to.deep.equal(["SCAN ocpp_frames"]);
    expect(wholeReads("SELECT count(content) FROM cdrs")).to.deep.equal(["SCAN cdrs"]);
  });
});
