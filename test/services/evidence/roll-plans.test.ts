import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { assignTariff } from "../../../scripts/local-world/assign-tariff.ts";
import { atEvse } from "../../../services/domain/tariff-scope.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { createPlanRoller } from "../../../services/evidence/roll-plans.ts";
import { createTariffDirectory } from "../../../services/evidence/tariff-directory.ts";
import { createOperatorDesk } from "../../../services/observability/operator-desk.ts";
import { createLogger } from "../../../services/observability/logger.ts";
import { createMetrics } from "../../../services/observability/metrics.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";
import { testTariff } from "../../helpers/test-tariff.ts";

const evse = 7;
const day = { ...testTariff, priceNanoPerKwh: 500_000_000n };
const night = { ...testTariff, priceNanoPerKwh: 200_000_000n };
const fleet = { ...testTariff, priceNanoPerKwh: 100_000_000n };
const [dayId, nightId, fleetId] = [day, night, fleet].map(tariffIdOf);

describe("The turns of a plan", function () {
  let folder: string;
  let store: Store;
  let nowMs: number;
  const stop = new AbortController();

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-plans-"));
    store = openSqliteStore(folder);
    const window = { weekdays: [], fromDate: null, toDate: null };
    const windows = [
      { tariffId: dayId ?? "", fromTime: "06:00", toTime: "22:00", ...window },
      { tariffId: nightId ?? "", fromTime: "22:00", toTime: "06:00", ...window },
    ];
    const tariffs = [
      { tariffId: dayId ?? "", tariff: day },
      { tariffId: nightId ?? "", tariff: night },
    ];
    const plan = { zone: "Europe/Berlin", windows };
    await store.assignPlan({ planId: "0xp", plan, tariffs, evses: [evse], atMs: 1, by: "A" });
  });
  afterEach(async function () {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const block = () => ({ number: 100, hash: "0x", timestamp: Math.floor(nowMs / 1_000) });
  const roll = async (time: string, ledger = store): Promise<void> => {
    nowMs = Date.parse(time);
    const chain = { readHead: () => Promise.resolve(block()) };
    const desk = createOperatorDesk({ log: createLogger("silent"), metrics: createMetrics() });
    await createPlanRoller({
      store: ledger,
      chain,
      desk,
      now: () => nowMs,
      pauseMs: 1,
      signal: stop.signal,
    }).rollPlans();
  };
  const offered = async (): Promise<readonly (readonly [string, number | null])[]> => {
    const directory = createTariffDirectory({
      store,
      meters: { readEvse: () => Promise.resolve({ operator: "0xo", maximumPowerW: 1, activeMeter: 5, evseId: "E" }) },
      chain: {
        readHead: () => Promise.resolve(block()),
        readBlock: () => Promise.resolve(block()),
        isOffered: () => Promise.resolve(true),
      },
      now: () => nowMs,
      graceSeconds: 300,
      takesAnyTime: true,
    });
    return (await directory.listOffers(evse)).map(({ tariffId, untilSeconds }) => [tariffId, untilSeconds]);
  };

  it("offers one of its tariffs at a time, until its turn is over, and the other one then", async function () {
    await roll("2027-01-15T20:00:00Z");
    expect(await offered()).to.deep.equal([[dayId, Date.parse("2027-01-15T21:00:00Z") / 1_000]]);
    const before = await store.listAssignmentsIn(atEvse(evse));
    await roll("2027-01-15T20:59:59Z");
    expect(await store.listAssignmentsIn(atEvse(evse))).to.deep.equal(before);
    await roll("2027-01-15T21:00:00Z");
    expect(await offered()).to.deep.equal([[nightId, Date.parse("2027-01-16T05:00:00Z") / 1_000]]);
    const all = await store.listAssignmentsIn(atEvse(evse));
    expect(all.map(({ tariffId, assignedBy, endedBy }) => [tariffId, assignedBy, endedBy])).to.deep.equal([
      [dayId, "plan", "plan"],
      [nightId, "plan", null],
    ]);
  });

  it("catches up with turns that were missed, and leaves what is offered besides", async function () {
    await assignTariff(store, [evse], fleet);
    await roll("2027-01-15T12:00:00Z");
    await roll("2027-01-17T23:30:00Z");
    expect(await offered()).to.deep.equal([
      [fleetId, null],
      [nightId, Date.parse("2027-01-18T05:00:00Z") / 1_000],
    ]);
  });

  it("come at one EVSE, too, where they fail at another, and the failure is told", async function () {
    const plan = await store.findPlanOfEvse(evse);
    if (plan === null) expect.fail("There is no plan.");
    const broken = {
      ...store,
      listPlannedEvses: async () => [
        { ...plan, evse: 1, plan: { ...plan.plan, windows: [] } },
        ...(await store.listPlannedEvses()),
      ],
    };
    await roll("2027-01-15T20:00:00Z", broken).then(
      () => expect.fail("Nothing was told."),
      (error: unknown) => {
        expect(error).to.be.instanceOf(RangeError);
      },
    );
    expect((await offered()).map(([tariffId]) => tariffId)).to.deep.equal([dayId]);
  });

  it("changes nothing at EVSEs whose plan has ended", async function () {
    await roll("2027-01-15T12:00:00Z");
    await store.endPlans({ evses: [evse], atMs: 2, by: "A" });
    await roll("2027-01-15T22:00:00Z");
    expect(await offered()).to.deep.equal([[dayId, null]]);
  });
});
