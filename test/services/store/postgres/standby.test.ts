import { expect } from "chai";

import { openPostgresStore } from "../../../../services/store/postgres/postgres-store.ts";
import { readPostgresTarget } from "../../../../services/store/postgres/target.ts";
import type { Store } from "../../../../services/store/store.ts";
import {
  startPostgres,
  startStandby,
  whyNoPostgres,
  type PostgresServer,
  type StandbyServer,
} from "../../../helpers/postgres-server.ts";
import { frameOf } from "../samples.ts";

const pool = { connections: 4, waitMs: 60_000, statementTimeoutMs: 10_000, idleTransactionMs: 5_000 };
const stations = ["CS-1", "CS-2", "CS-3"];

describe("A ledger on a primary whose commits wait for a standby", function () {
  this.timeout(180_000);
  let primary: PostgresServer;
  let standby: StandbyServer;
  let store: Store;

  before(async function () {
    const reason = whyNoPostgres();
    if (reason !== null) {
      console.warn(reason);
      return this.skip();
    }
    primary = await startPostgres();
    const address = new URL(await primary.createDatabase());
    standby = await startStandby(primary);
    const target = readPostgresTarget(
      `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}${address.pathname}`,
    );
    store = await openPostgresStore(target, pool, { isInit: true });
  });
  after(async function () {
    if (whyNoPostgres() !== null) return;
    await store.close();
    await Promise.all([primary.stop(), standby.stop()]);
  });

  it("says which standby a commit waits for, and how far that is", async function () {
    const standbys = await store.listStandbys();
    expect(standbys?.map(({ name, waits }) => ({ name, waits }))).to.deep.equal([{ name: "standby", waits: "sync" }]);
    expect(standbys?.[0]?.behindBytes)
      .to.be.a("number")
      .within(0, 10 ** 8);
  });

  it("keeps everything that was acknowledged when the primary is killed, and goes on at the standby", async function () {
    const acknowledged = new Map(stations.map((stationId) => [stationId, [] as number[]]));
    const count = (): number => [...acknowledged.values()].reduce((sum, places) => sum + places.length, 0);
    const over = new AbortController();
    let pauseMs = 0;
    const writing = stations.map(async (stationId) => {
      for (let last = performance.now(); !over.signal.aborted;) {
        const outcome = await store.commitFrame(frameOf(stationId), []).catch(() => null);
        if (outcome === null) continue;
        acknowledged.get(stationId)?.push(outcome.frame.stationOrdinal);
        pauseMs = Math.max(pauseMs, performance.now() - last);
        last = performance.now();
      }
    });
    const reaches = async (wanted: number): Promise<void> => {
      while (count() < wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    try {
      await reaches(200);
      await primary.kill();
      await standby.promote();
      await reaches(count() + 200);
    } finally {
      over.abort();
      await Promise.all(writing);
    }
    for (const [stationId, places] of acknowledged) {
      const kept = (await store.listFrames(stationId, 0, 100_000)).map(({ stationOrdinal }) => stationOrdinal);
      // In places without a gap, and each that was acknowledged among them.
      expect(kept).to.deep.equal(kept.map((_place, index) => index + 1));
      expect(places.filter((place) => place > kept.length)).to.deep.equal([]);
    }
    console.log(`      the longest pause that a station saw: ${Math.round(pauseMs)} ms`);
  });
});
