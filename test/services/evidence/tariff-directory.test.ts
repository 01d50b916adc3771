import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { assignTariff } from "../../../scripts/local-world/assign-tariff.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { atEvse } from "../../../services/domain/tariff-scope.ts";
import { migrations } from "../../../services/store/sqlite/migrations.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { createTariffDirectory, type TariffDirectory } from "../../../services/evidence/tariff-directory.ts";
import { testTariff } from "../../helpers/test-tariff.ts";

const evse = 7;
const driver = "0xD000000000000000000000000000000000000001";
const terms = { evse, driver, tariffId: tariffIdOf(testTariff) };
const refused = "TARIFF_NOT_ASSIGNED";
const graceSeconds = 300;

describe("Which tariffs apply at an EVSE", function () {
  let folder: string;
  let store: Store;
  let headSeconds = 1_000;
  let nowSeconds = 1_000;
  let isOffered = true;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-tariffs-"));
    store = openSqliteStore(folder);
    [headSeconds, nowSeconds, isOffered] = [1_000, 1_000, true];
  });
  afterEach(async function () {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** On a chain whose block n has the time 10 n. */
  function directory(): TariffDirectory {
    const block = (number: number, timestamp: number) => ({ number, hash: "0x", timestamp });
    const registered = { operator: "0xo", maximumPowerW: 1, activeMeter: 5, evseId: "E" };
    return createTariffDirectory({
      store,
      meters: { readEvse: (number) => Promise.resolve(number === evse ? registered : null) },
      chain: {
        readHead: () => Promise.resolve(block(100, headSeconds)),
        readBlock: (number) => Promise.resolve(block(number, number * 10)),
        isOffered: () => Promise.resolve(isOffered),
      },
      now: () => nowSeconds * 1_000,
      graceSeconds,
      takesAnyTime: true,
    });
  }
  const addStation = () => store.putStation({ stationId: "CS-1", apiKeySha256: "00", evses: [evse] });
  const endAt = (blockNumber: number, atSeconds: number) =>
    store.unassignTariff({
      ...{ scopes: [atEvse(evse)], tariffId: terms.tariffId, at: { blockNumber, atSeconds }, atMs: 1, by: "A" },
    });

  it("is nothing where nothing is assigned, at the service that the charger reports to", async function () {
    expect(await directory().findObstacle(terms, 5)).to.equal(null);
    expect(await directory().findRefusal(terms)).to.equal(refused);
    await addStation();
    expect(await directory().findObstacle(terms, 5)).to.equal(refused);
    expect(await directory().listOffers(evse)).to.deep.equal([]);
  });

  it("goes on for sessions that an older version of the service had taken", async function () {
    await store.close();
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), "wattproof-tariffs-"));
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    const before = migrations.findIndex((step) => step.includes("CREATE TABLE tariff_assignments"));
    for (const step of migrations.slice(0, before)) database.exec(step);
    database.exec(`PRAGMA user_version = ${before}`);
    database.exec("INSERT INTO chain_cursor VALUES (1, 41, '0xa')");
    database.close();
    store = openSqliteStore(folder);
    await addStation();
    expect(await directory().findObstacle(terms, 41)).to.equal(null);
    expect(await directory().findObstacle(terms, 42)).to.equal(refused);
  });

  it("is what was assigned when the session was opened, and some time after its end", async function () {
    await assignTariff(store, [evse], testTariff);
    await endAt(50, 500);
    expect(await directory().findObstacle(terms, 50)).to.equal(null);
    expect(await directory().findObstacle(terms, 80)).to.equal(null);
    expect(await directory().findObstacle(terms, 81)).to.equal(refused);
    expect(await directory().findObstacle({ ...terms, tariffId: "0x1" }, 50)).to.equal(refused);
  });

  it("is told to who opens now by the chain's time, or the service's where the chain is quiet", async function () {
    await assignTariff(store, [evse], testTariff);
    expect(await directory().findRefusal(terms)).to.equal(null);
    await endAt(100, 1_000);
    headSeconds = nowSeconds = 1_000 + graceSeconds;
    expect(await directory().findRefusal(terms)).to.equal(null);
    nowSeconds += 1;
    expect(await directory().findRefusal(terms)).to.equal(refused);
    [headSeconds, nowSeconds] = [nowSeconds, 0];
    expect(await directory().findRefusal(terms)).to.equal(refused);
  });

  it("is no tariff that its operator has retired", async function () {
    await assignTariff(store, [evse], testTariff);
    expect((await directory().listOffers(evse)).map(({ tariffId }) => tariffId)).to.deep.equal([terms.tariffId]);
    isOffered = false;
    expect(await directory().listOffers(evse)).to.deep.equal([]);
  });
});
