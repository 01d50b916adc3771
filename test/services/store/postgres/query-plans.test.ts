import { expect } from "chai";
import { Client } from "pg";
import { z } from "zod";

import { openPostgresStore } from "../../../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../../../services/store/postgres/target.ts";
import { sharedPostgres, whyNoPostgres } from "../../../helpers/postgres-server.ts";
import { createStoreWorld } from "../world.ts";
import { block } from "../samples.ts";

const pool = { connections: 5, waitMs: 5_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const planRow = z.object({ "QUERY PLAN": z.array(z.object({ Plan: z.unknown() })) });
const nodeSchema = z.looseObject({
  "Node Type": z.string(),
  "Relation Name": z.string().optional(),
  Plans: z.array(z.unknown()).optional(),
});
/** Tables that get rows with every session, message or block, for as long as a service runs. */
const growing = new Set([
  ...["sessions", "messages", "records", "batches", "batch_items", "ocpp_frames", "charging_transactions"],
  ...["charging_frames", "token_openings", "cdrs"],
]);

describe("The cost of a statement in PostgreSQL", function () {
  this.timeout(60_000);

  it("does not grow with the history, for what is asked in every round", async function () {
    if (whyNoPostgres() !== null) return this.skip();
    const address = await (await sharedPostgres()).createDatabase();
    const statements = new Set<string>();
    // The text of each statement as it goes to the server.
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this`
    const original = Client.prototype.query as (this: Client, ...given: unknown[]) => unknown;
    Client.prototype.query = function query(this: Client, ...given: unknown[]) {
      const text = z.object({ text: z.string() }).safeParse(given[0]);
      if (text.success) statements.add(text.data.text);
      return original.call(this, ...given);
    } as typeof Client.prototype.query;
    try {
      const store = await openPostgresStore(readPostgresTarget(address), pool, { isInit: true });
      const world = createStoreWorld(() => ({ store, reopen: () => Promise.resolve() }));
      await world.openSessions("s1");
      await world.progress({ cursor: block(2) });
      await store.listFrames("A", 0, 9);
      await store.listFrameBacklogs();
      await store.listPendingMessages(9);
      await store.listTransactionsToPursue(1, 9);
      await store.listTransactionsToAssess(9);
      await store.listTransactionsDue(1, 9);
      await store.listTransactionsWithoutSession(1, 9);
      await store.listStraysOfToken("T");
      await store.listStraysOfSessionRequests("0xs1");
      await store.listStraysAtPlace("A", 1, 1);
      await store.listSessionsAtEvse(1, 9);
      await store.listSessionsAbove(1);
      await store.listDueStarts(1, 9);
      await store.listRecords("0xs1");
      await store.findTransactionOfSession("0xs1");
      await store.listOpeningsToPursue(1, 9);
      await store.close();
    } finally {
      Client.prototype.query = original as typeof Client.prototype.query;
    }
    const client = new Client(address);
    await client.connect();
    try {
      // A table without rows is read whole where it can be; like this, only where it must be.
      await client.query("SET enable_seqscan = off");
      const selects = [...statements].filter((text) => /^\s*SELECT\b/u.test(text) && !text.includes("pg_"));
      expect(selects.length).to.be.greaterThan(15);
      const whole: string[] = [];
      for (const text of selects) {
        const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`);
        const [plan] = planRow.parse(rows[0])["QUERY PLAN"];
        if (tablesReadWhole(plan?.Plan).some((table) => growing.has(table))) whole.push(text);
      }
      expect(whole).to.deep.equal([]);
    } finally {
      await client.end();
    }
  });
});

function tablesReadWhole(given: unknown): readonly string[] {
  const node = nodeSchema.parse(given);
  const own = node["Node Type"] === "Seq Scan" ? [node["Relation Name"] ?? ""] : [];
  return [...own, ...(node.Plans ?? []).flatMap(tablesReadWhole)];
}
