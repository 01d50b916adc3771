import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { newestSessionsPage } from "../../../../services/store/sql/operator.ts";
import { sessionPage } from "../../../../services/store/sql/sessions.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import type { SessionQuery } from "../../../../services/store/store.ts";

describe("A page of sessions", function () {
  let folder: string;
  let database: DatabaseSync;

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-pages-"));
    await openSqliteStore(folder).close();
    database = new DatabaseSync(join(folder, "wattproof.sqlite"));
  });
  after(function () {
    database.close();
    rmSync(folder, { recursive: true });
  });

  const whose: readonly Partial<SessionQuery>[] = [
    {},
    { status: "settled" },
    { operator: "0xA" },
    { driver: "0xD" },
    { evse: 7 },
    { status: "settled", operator: "0xA" },
  ];
  for (const filter of whose) {
    for (const order of ["oldest-first", "newest-first"] as const) {
      it(`is found by an index and needs no sorting: ${JSON.stringify(filter)}, ${order}`, function () {
        const { sql, values } = sessionPage({ status: null, limit: 100, after: null, order, ...filter }, 1_000);
        const plan = database
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all(...values)
          .map((row) => String(row["detail"]));
        expect(plan.length).to.equal(1);
        expect(plan[0]).to.match(/^SEARCH sessions USING .*(?:\(rowid[<>]\?\)|(?:ordinal|rowid)[<>]\?\))$/u);
      });
    }
  }

  const nothing = { operator: null, evse: null, time: null, find: null };
  const searches: readonly Partial<Parameters<typeof newestSessionsPage>[0]>[] = [
    {},
    { operator: "0xA" },
    { evse: 7 },
    { time: { fromSeconds: 1, untilSeconds: 2, ordinals: [3, 4] } },
    { evse: 7, time: { fromSeconds: 1, untilSeconds: 2, ordinals: [3, 4] } },
    { find: { kind: "session", prefix: "0xab" } },
    { find: { kind: "tag", prefix: "ABCD" } },
  ];
  for (const search of searches) {
    it(`of the operator is found by an index: ${JSON.stringify(search)}`, function () {
      const page = newestSessionsPage({ status: "settled", beforeOrdinal: 1_000, limit: 50, ...nothing, ...search });
      const plan = database
        .prepare(`EXPLAIN QUERY PLAN ${page.sql}`)
        .all(...page.values)
        .map((row) => String(row["detail"]));
      expect(plan.filter((step) => step.startsWith("SCAN"))).to.deep.equal([]);
      expect(plan.find((step) => step.startsWith("SEARCH sessions"))).to.match(/USING (?:COVERING )?INDEX/u);
      const isById = search.find !== undefined;
      if (!isById) expect(plan.filter((step) => step.includes("ORDER BY"))).to.deep.equal([]);
    });
  }
});
