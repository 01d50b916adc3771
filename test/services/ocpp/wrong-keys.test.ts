import { expect } from "chai";

import {
  connectRefused,
  connectStation,
  openOcppWorld,
  registerStation,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";

const wrongKeysPerMinute = 5;

describe("Wrong keys of chargers", function () {
  let world: OcppWorld;
  let nowMs = 1_800_000_000_000;

  beforeEach(async function () {
    world = await openOcppWorld({ entrance: { wrongKeysPerMinute }, now: () => nowMs });
    for (const stationId of ["CS-1", "CS-2"]) await registerStation(world.store, stationId);
  });
  afterEach(async function () {
    await world.close();
  });

  async function guess(stationId: string, count: number): Promise<readonly (number | null)[]> {
    const statuses = [];
    for (let index = 0; index < count; index += 1) {
      statuses.push((await connectRefused(world.url, stationId, { password: `wrong-key-${index}` })).status);
    }
    return statuses;
  }

  it("are slowed down, and the right one of another charger at the same address is taken", async function () {
    expect(await guess("CS-1", 8)).to.deep.equal([401, 401, 401, 401, 401, 429, 429, 429]);
    const other = await connectStation(world.url, "CS-2");
    await other.close();
    // Guessing is no way to find out while it waits: the right key has to wait, too.
    expect((await connectRefused(world.url, "CS-1")).status).to.equal(429);
    nowMs += 60_000;
    const station = await connectStation(world.url, "CS-1");
    await station.close();
  });

  it("of many names are slowed down together, are counted, and the operator is told once", async function () {
    const statuses = new Set<number | null>();
    for (let index = 0; index < 60; index += 1) {
      for (const status of await guess(`CS-${index}`, 1)) statuses.add(status);
    }
    expect([...statuses].sort()).to.deep.equal([401, 404, 429]);
    expect(world.alerts.filter((alert) => alert === "wrong-keys")).to.have.length(1);
    const metrics = await world.metrics.registry.metrics();
    expect(metrics).to.match(/wattproof_wrong_keys_total\{door="ocpp"\} 30\n/);
  });

  it("are no matter of chargers that show none", async function () {
    for (let index = 0; index < 40; index += 1) {
      expect((await connectRefused(world.url, "CS-1", { password: null })).status).to.equal(401);
    }
    const station = await connectStation(world.url, "CS-1");
    await station.close();
    expect(world.alerts).to.not.include("wrong-keys");
  });
});
