import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { tariff221, tariff230 } from "../../../scripts/operator/ocpi/tariff-schema.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { startServiceChain, testTariff, type ChargingPoint, type ServiceChain } from "../../helpers/service-chain.ts";

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>> & { readonly data?: unknown };
}

const on = { WATTPROOF_OPEN_DATA: "on", WATTPROOF_OCPI_COUNTRY_CODE: "DE", WATTPROOF_OCPI_PARTY_ID: "WTP" };
const tariffId = tariffIdOf(testTariff).slice(2, 38);
const place = {
  ...{ operator: "Alpstrom AG", street: "Bahnhofstrasse 1", town: "Zürich", country: "CHE", timeZone: "Europe/Zurich" },
  ...{ latitude: 47.3769, longitude: 8.5417 },
};
const direct = { format: "CABLE", powerType: "DC", maximumVoltageV: 920, maximumCurrentA: 125 };

describe("Open data in the words of OCPI", function () {
  this.timeout(120_000);
  let folder: string;
  let chain: ServiceChain;
  let first: ChargingPoint;
  let second: ChargingPoint;
  let third: ChargingPoint;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-open-data-"));
    chain = await startServiceChain();
    [first, second, third] = [
      await chain.addChargingPoint(),
      await chain.addChargingPoint(),
      await chain.addChargingPoint(),
    ];
  });
  after(async function () {
    await chain.close();
    await rm(folder, { recursive: true });
  });

  async function openWorld(sites: readonly object[] | null, settings: Record<string, string>): Promise<ChargingWorld> {
    const path = join(folder, "sites.json");
    await writeFile(path, JSON.stringify({ sites }));
    const all = sites === null ? settings : { ...settings, WATTPROOF_SITES: path };
    return openChargingWorld(chain, all, (await chain.headSeconds()) * 1_000);
  }
  async function ask(world: ChargingWorld, path: string, init: RequestInit = {}): Promise<Answered> {
    const url = path.startsWith("http") ? path : `${world.service.url}${path}`;
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answered["body"] };
  }
  async function read(world: ChargingWorld, path: string): Promise<unknown> {
    const { status, body } = await ask(world, path);
    expect([status, body["status_code"]], path).to.deep.equal([200, 1_000]);
    return body.data;
  }
  const refused = async (world: ChargingWorld, path: string, init: RequestInit = {}): Promise<readonly unknown[]> => {
    const { status, body } = await ask(world, path, init);
    expect(Object.keys(body), path).to.have.members(["status_code", "status_message", "timestamp"]);
    return [status, body["status_code"], String(body["status_message"]).split(":")[0]];
  };

  it("is closed unless the operator opens it, and is empty without sites", async function () {
    const closed = await openWorld(null, {});
    try {
      const { status } = await fetch(`${closed.service.url}/ocpi/versions`, { method: "HEAD" });
      expect(status).to.equal(404);
    } finally {
      await closed.close();
    }
    const empty = await openWorld(null, on);
    try {
      expect((await fetch(`${empty.service.url}/ocpi/versions`, { method: "HEAD" })).status).to.equal(200);
      const answered = await ask(empty, "/ocpi/cpo/2.2.1/locations");
      expect([answered.status, answered.body.data, answered.headers.get("x-total-count")]).to.deep.equal([
        200,
        [],
        "0",
      ]);
      expect(await read(empty, "/ocpi/cpo/2.3.0/tariffs")).to.deep.equal([]);
    } finally {
      await empty.close();
    }
  });

  describe("of an operator with sites", function () {
    let world: ChargingWorld;
    let charger: Charger;
    let startedAt: string;

    before(async function () {
      const both = [
        { connector: 1, plug: "IEC_62196_T2_COMBO", ...direct },
        { connector: 2, plug: "SAE_J3400", ...direct },
      ];
      const ofThird = [{ connector: 1, plug: "SAE_J3400", ...direct }];
      world = await openWorld(
        [
          {
            ...{ id: "bahnhof", name: "Bahnhof Süd", ...place },
            evses: [{ evse: first.evse, connectors: both }, { evse: second.evse, plug: "IEC_62196_T2" }, { evse: 999 }],
          },
          { id: "nowhere", name: "Nowhere", operator: "Alpstrom AG", evses: [{ evse: 998 }] },
          { ...place, id: "north", name: "North", latitude: -0.5, evses: [{ evse: third.evse, connectors: ofThird }] },
        ],
        on,
      );
      startedAt = new Date(world.nowMs).toISOString();
      await registerStation(world.service.store, "CS-OPEN", { evses: [first.evse], tariffs: [testTariff] });
      charger = await world.reconnect("CS-OPEN", "ocpp1.6");
    });
    after(async function () {
      await world.close();
    });

    const report = (status: string): Promise<unknown> =>
      charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
    const statusNow = async (): Promise<unknown> =>
      (
        (await read(world, `/ocpi/cpo/2.2.1/locations/bahnhof/${first.evse}`)) as {
          readonly status: unknown;
        }
      ).status;

    it("leads from the versions to the modules without an account", async function () {
      const versions = (await read(world, "/ocpi/versions")) as readonly { version: string; url: string }[];
      expect(versions.map(({ version }) => version)).to.deep.equal(["2.2.1", "2.3.0"]);
      for (const { version, url } of versions) {
        const details = (await read(world, url)) as {
          endpoints: readonly { identifier: string; role: string; url: string }[];
        };
        expect(details).to.have.property("version", version);
        expect(details.endpoints.map(({ identifier, role }) => `${identifier} ${role}`)).to.deep.equal([
          "locations SENDER",
          "tariffs SENDER",
        ]);
        for (const endpoint of details.endpoints) await read(world, endpoint.url);
      }
      const { headers, body } = await ask(world, "/ocpi/versions", {
        headers: { "x-request-id": "r-1", "x-correlation-id": "c-1", authorization: "Token bm9ib2R5" },
      });
      expect([headers.get("x-request-id"), headers.get("x-correlation-id")]).to.deep.equal(["r-1", "c-1"]);
      expect(body["timestamp"]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u);
    });

    it("shows what the operator described, and invents nothing", async function () {
      await report("Available");
      const locations = (await read(world, "/ocpi/cpo/2.2.1/locations")) as readonly Record<string, unknown>[];
      // "Nowhere" has no coordinates and no address; EVSEs without described connectors are not shown either.
      expect(locations.map(({ id }) => id)).to.deep.equal(["bahnhof", "north"]);
      const connector = {
        ...{ id: "1", standard: "IEC_62196_T2_COMBO", format: "CABLE", power_type: "DC", max_voltage: 920 },
        ...{ max_amperage: 125, max_electric_power: first.maximumPowerW, tariff_ids: [tariffId] },
        last_updated: startedAt.replace(".000Z", "Z"),
      };
      const [shown = {}, north = {}] = locations;
      const { evses, last_updated: updated, ...own } = shown;
      expect(own).to.deep.equal({
        ...{ country_code: "DE", party_id: "WTP", id: "bahnhof", publish: true, name: "Bahnhof Süd" },
        ...{ address: "Bahnhofstrasse 1", city: "Zürich", country: "CHE", time_zone: "Europe/Zurich" },
        coordinates: { latitude: "47.376900", longitude: "8.541700" },
        operator: { name: "Alpstrom AG" },
      });
      const [evse = {}, ...others] = evses as readonly Record<string, unknown>[];
      expect(others).to.deep.equal([]);
      expect(evse).to.deep.include({ uid: String(first.evse), evse_id: "DE*WTP*E1", status: "AVAILABLE" });
      expect(evse["connectors"]).to.deep.equal([connector]);
      expect([updated, evse["last_updated"]]).to.deep.equal([connector.last_updated, connector.last_updated]);
      // 2.2.1 has no word for the plug of the other site's only connector, 2.3.0 has.
      expect(north).to.not.have.property("evses");
      expect(await read(world, "/ocpi/cpo/2.3.0/locations/north")).to.have.nested.property(
        "evses[0].connectors[0].standard",
        "SAE_J3400",
      );
      expect(await read(world, "/ocpi/cpo/2.3.0/locations/NORTH")).to.not.have.nested.property(
        "evses[0].connectors[0].tariff_ids",
      );
      expect(await read(world, `/ocpi/cpo/2.2.1/locations/bahnhof/${first.evse}/1`)).to.deep.equal(connector);
    });

    it("shows the tariff with its taxes by each version of the specification", async function () {
      const [tariff, ...others] = (await read(world, "/ocpi/cpo/2.2.1/tariffs")) as readonly Record<string, unknown>[];
      expect(others).to.deep.equal([]);
      const component = (type: string, price: number): object => ({ type, price, vat: 8.1, step_size: 1 });
      const published = {
        ...{ country_code: "DE", party_id: "WTP", id: tariffId, currency: "EUR", type: "AD_HOC_PAYMENT" },
        tariff_alt_text: [{ language: "en", text: "Without energy nothing is charged." }],
        elements: [
          {
            price_components: [component("TIME", 3.6), component("PARKING_TIME", 3)],
            restrictions: { min_duration: 14_400 },
          },
          { price_components: [component("FLAT", 0.35), component("TIME", 0.6), component("ENERGY", 0.49)] },
        ],
        last_updated: startedAt.replace(".000Z", "Z"),
      };
      expect(tariff).to.deep.equal(published);
      const [newer] = (await read(world, "/ocpi/cpo/2.3.0/tariffs")) as readonly unknown[];
      expect(newer).to.deep.equal({ ...published, tax_included: "NO" });
      expect([tariff221.safeParse(tariff).success, tariff230.safeParse(newer).success]).to.deep.equal([true, true]);
    });

    it("has OCPI's word for each state of a charger", async function () {
      for (const [word, status] of [
        ["Preparing", "BLOCKED"],
        ["Charging", "CHARGING"],
        ["SuspendedEV", "CHARGING"],
        ["Finishing", "BLOCKED"],
        ["Reserved", "RESERVED"],
        ["Unavailable", "INOPERATIVE"],
        ["Faulted", "OUTOFORDER"],
        ["Available", "AVAILABLE"],
      ] as const) {
        await report(word);
        expect(await statusNow(), word).to.equal(status);
      }
    });

    it("gives what changed from one time on and before another", async function () {
      const list = "/ocpi/cpo/2.2.1/locations";
      const idsOf = async (query: string): Promise<readonly unknown[]> =>
        ((await read(world, `${list}?${query}`)) as readonly { readonly id: unknown }[]).map(({ id }) => id);
      await world.pass(60);
      const asked = new Date(world.nowMs).toISOString();
      expect(await idsOf(`date_from=${asked}`)).to.deep.equal([]);
      await report("Charging");
      expect(await idsOf(`date_from=${asked}`)).to.deep.equal(["bahnhof"]);
      // Without a zone it is UTC.
      expect(await idsOf(`date_from=${asked.slice(0, -1)}`)).to.deep.equal(["bahnhof"]);
      expect(await idsOf(`date_to=${asked}`)).to.deep.equal(["north"]);
      await charger.close();
      await world.pass(60);
      expect(await idsOf(`date_from=${new Date(world.nowMs).toISOString()}`)).to.deep.equal(["bahnhof"]);
      expect(await statusNow()).to.equal("UNKNOWN");
    });

    it("gives page after page", async function () {
      const firstPage = await ask(world, "/ocpi/cpo/2.3.0/locations?limit=1&date_from=2020-01-01T00:00:00Z");
      const { headers } = firstPage;
      expect([headers.get("x-total-count"), headers.get("x-limit")]).to.deep.equal(["2", "100"]);
      const [, next = ""] = /^<(.+)>; rel="next"$/u.exec(headers.get("link") ?? "") ?? [];
      expect(new URL(next).searchParams.get("date_from")).to.equal("2020-01-01T00:00:00Z");
      const lastPage = await ask(world, next);
      const all = [firstPage, lastPage].flatMap(({ body }) => body.data as readonly { readonly id: string }[]);
      expect(all.map(({ id }) => id)).to.deep.equal(["bahnhof", "north"]);
      expect(lastPage.headers.get("link")).to.equal(null);
      expect(await read(world, "/ocpi/cpo/2.3.0/locations?offset=7")).to.deep.equal([]);
    });

    it("refuses what it does not have in OCPI's form", async function () {
      for (const query of [
        ...["offset=-1", "offset=x", "offset=9999999", "limit=0", "limit=1.5", "date_from=yesterday"],
        ...["date_from=2026-02-30T00:00:00Z", "date_from=2026-01-02T00:00:00Z&date_to=2026-01-01T00:00:00Z"],
        ...["date_form=2026-01-01T00:00:00Z", "limit=1&limit=2"],
      ]) {
        const expected = [400, 2_001, "QUERY_INVALID"];
        expect(await refused(world, `/ocpi/cpo/2.2.1/tariffs?${query}`), query).to.deep.equal(expected);
      }
      const unknown = [404, 2_003, "LOCATION_UNKNOWN"];
      const locations = "/ocpi/cpo/2.2.1/locations";
      expect(await refused(world, `${locations}/nowhere`)).to.deep.equal(unknown);
      expect(await refused(world, `${locations}/bahnhof/${second.evse}`)).to.deep.equal(unknown);
      expect(await refused(world, `${locations}/bahnhof/${first.evse}/2`)).to.deep.equal(unknown);
      for (const path of ["/ocpi/cpo/2.1.1", "/ocpi/cpo/2.1.1/locations", "/ocpi/cpo/2.2.1/cdrs", "/ocpi/emsp"]) {
        expect(await refused(world, path), path).to.deep.equal([404, 2_000, "ROUTE_UNKNOWN"]);
      }
      expect(await refused(world, locations, { method: "POST" })).to.deep.equal([405, 2_000, "METHOD_NOT_ALLOWED"]);
    });
  });
});
