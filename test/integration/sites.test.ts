import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { WattproofError } from "../../services/errors.ts";
import { readSites } from "../../services/http/public/sites.ts";
import { addStation } from "../helpers/running-service.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const site = {
  ...{ name: "Bahnhof Süd", operator: "Alpstrom AG", town: "Zürich", latitude: 47.3769, longitude: 8.5417 },
  evses: [{ evse: 1, plug: "IEC_62196_T2_COMBO" }, { evse: 2 }],
};

const connector = {
  ...{ connector: 1, plug: "IEC_62196_T2", format: "SOCKET", powerType: "AC_3_PHASE" },
  ...{ maximumVoltageV: 230, maximumCurrentA: 32 },
};

describe("The operator's sites", function () {
  const folder = mkdtempSync(join(tmpdir(), "wattproof-sites-"));
  const path = join(folder, "sites.json");
  let world: WebWorld | undefined;

  after(async function () {
    await world?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are none without a file, and a file that says something else does not start the service", function () {
    expect(readSites(null)).to.deep.equal([]);
    for (const [content, place] of [
      ["{", "JSON"],
      [{}, "sites"],
      [{ sites: [{ ...site, latitude: 91 }] }, "sites.0.latitude"],
      [{ sites: [{ ...site, evses: [] }] }, "sites.0.evses"],
      [{ sites: [{ ...site, name: " " }] }, "sites.0.name"],
      [{ sites: [{ ...site, evses: [{ evse: 1, plug: "CCS" }] }] }, "sites.0.evses.0.plug"],
      [{ sites: [{ ...site, owner: "x" }] }, "owner"],
      [{ sites: [{ ...site, country: "CH" }] }, "sites.0.country"],
      [{ sites: [{ ...site, timeZone: "Bern" }] }, "sites.0.timeZone"],
      [{ sites: [{ ...site, evses: [{ evse: 1, connectors: [] }] }] }, "sites.0.evses.0.connectors"],
      [{ sites: [{ ...site, evses: [{ evse: 1, connectors: [connector, connector] }] }] }, "different numbers"],
      [{ sites: [{ ...site, evses: [{ evse: 1, connectors: [{ ...connector, maximumVoltageV: 0 }] }] }] }, "VoltageV"],
      [{ sites: [site, site] }, "EVSE 1 is twice"],
      [{ sites: [{ ...site, id: "Bahnhof Süd" }] }, "sites.0.id"],
      [
        {
          sites: [
            { ...site, id: "a" },
            { ...site, id: "a", evses: [{ evse: 3 }] },
          ],
        },
        "Site a is twice",
      ],
    ] as const) {
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      expect(() => readSites(path), place)
        .to.throw(WattproofError)
        .with.property("message")
        .that.contains(place);
    }
    expect(() => readSites(join(folder, "missing.json"))).to.throw(WattproofError);
  });

  it("are told to everybody as the file says, with the state of each charger", async function () {
    writeFileSync(path, JSON.stringify({ sites: [site] }));
    world = await startWebWorld({}, {}, { WATTPROOF_SITES: path });
    await addStation(world.running.service.store, "CS-TWO", [2]);
    const response = await fetch(`${world.url}/v1/sites`);
    const states = { 1: "offline", 2: "offline" };
    expect([response.status, await response.json()]).to.deep.equal([
      200,
      {
        sites: [
          {
            ...site,
            id: "site-1",
            evses: [
              { evse: 1, plug: "IEC_62196_T2_COMBO", state: states[1] },
              { evse: 2, state: states[2] },
            ],
          },
        ],
      },
    ]);
  });
});
