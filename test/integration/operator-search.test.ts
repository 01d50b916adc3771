import { expect } from "chai";
import { z } from "zod";

import { connectCharger, type Charger } from "../helpers/charger.ts";
import { addStation, codeOf, getAsOperator, runService, type RunningService } from "../helpers/running-service.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";

const sessionsAnswer = z.object({ sessions: z.array(z.object({ sessionId: z.string(), idTag: z.string() })) });
const stationsAnswer = z.object({
  stations: z.array(z.object({ stationId: z.string() })),
  next: z.string().nullable(),
});

describe("What the operator's page searches", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;
  let charger: Charger;
  let here: OpenedSession;
  let there: OpenedSession;
  let evses: readonly [number, number];

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    const points = [await chain.addChargingPoint(), await chain.addChargingPoint()] as const;
    evses = [points[0].evse, points[1].evse];
    const { store } = running.service;
    await addStation(store, "CS-A1", [evses[0]]);
    await addStation(store, "CS-B1", [evses[1]]);
    await registerStation(store, "CS-A2", { evses: [99] });
    charger = await connectCharger(running.service.url, "CS-A2", "ocpp1.6");
    here = await chain.openSession(points[0]);
    there = await chain.openSession(points[1]);
    await running.service.synchronise();
  });
  after(async function () {
    await charger.close();
    await running.close();
    await chain.close();
  });

  async function sessions(query: string): Promise<readonly string[]> {
    const { status, body } = await getAsOperator(running.service.url, `/v1/operator/sessions?show=all&${query}`);
    expect(status).to.equal(200);
    return sessionsAnswer.parse(body).sessions.map(({ sessionId }) => sessionId);
  }

  async function stations(query: string): Promise<readonly string[]> {
    const { status, body } = await getAsOperator(running.service.url, `/v1/operator/stations?${query}`);
    expect(status).to.equal(200);
    return stationsAnswer.parse(body).stations.map(({ stationId }) => stationId);
  }

  it("refuses what is no beginning of an id, no time and no charging point, and a charger that there is not", async function () {
    for (const query of ["find=0x1", "find=01", "find=ABC", "evse=0", "from=x", "until=-1", "show=none", "station=/"]) {
      expect(codeOf(await getAsOperator(running.service.url, `/v1/operator/sessions?${query}`)), query).to.equal(
        "QUERY_INVALID",
      );
    }
    for (const query of ["find=/", "connection=maybe"]) {
      expect(codeOf(await getAsOperator(running.service.url, `/v1/operator/stations?${query}`)), query).to.equal(
        "QUERY_INVALID",
      );
    }
    const unknown = await getAsOperator(running.service.url, "/v1/operator/sessions?station=CS-NONE");
    expect(codeOf(unknown)).to.equal("STATION_UNKNOWN");
  });

  it("finds sessions by charging point, charger, id, idTag and the time of their opening", async function () {
    const both = [there.sessionId, here.sessionId];
    expect(await sessions("")).to.deep.equal(both);
    expect(await sessions(`evse=${evses[0]}`)).to.deep.equal([here.sessionId]);
    expect(await sessions("station=CS-B1")).to.deep.equal([there.sessionId]);
    expect(await sessions(`station=CS-B1&evse=${evses[0]}`)).to.deep.equal([]);
    expect(await sessions(`find=${here.sessionId.slice(0, 12).toUpperCase()}`)).to.deep.equal([here.sessionId]);
    const idTag = (await running.service.store.findSession(there.sessionId))?.idTag ?? "";
    expect(await sessions(`find=${idTag.slice(0, 8).toLowerCase()}`)).to.deep.equal([there.sessionId]);
    const openedAt = (await running.service.store.findSession(here.sessionId))?.state.opening.openedAt ?? 0;
    expect(await sessions(`from=${openedAt + 86_400}`)).to.deep.equal([]);
    expect(await sessions(`until=${openedAt}`)).to.deep.equal([]);
    expect(await sessions(`from=${openedAt}&until=${openedAt + 86_400}`)).to.deep.equal(both);
  });

  it("finds chargers by the beginning of their id and by whether they are connected, page by page", async function () {
    expect(await stations("")).to.deep.equal(["CS-A1", "CS-A2", "CS-B1"]);
    expect(await stations("find=CS-A")).to.deep.equal(["CS-A1", "CS-A2"]);
    expect(await stations("connection=online")).to.deep.equal(["CS-A2"]);
    expect(await stations("connection=offline")).to.deep.equal(["CS-A1", "CS-B1"]);
    expect(await stations("connection=offline&find=CS-A")).to.deep.equal(["CS-A1"]);
    const first = await getAsOperator(running.service.url, "/v1/operator/stations?connection=offline&limit=1");
    expect(stationsAnswer.parse(first.body)).to.deep.equal({ stations: [{ stationId: "CS-A1" }], next: "CS-A1" });
    expect(await stations("connection=offline&limit=1&after=CS-A1")).to.deep.equal(["CS-B1"]);
  });
});
