import { expect } from "chai";

import {
  findSites,
  nameOfSite,
  nearestSites,
  placeOf,
  plugName,
  type Site,
} from "../../../services/web/page/service/sites.ts";

const zurich: Site = {
  name: "Bahnhof Süd",
  operator: "Alpstrom AG",
  street: "Bahnhofstrasse 1",
  town: "Zürich",
  latitude: 47.3769,
  longitude: 8.5417,
  evses: [{ evse: 1, plug: "IEC_62196_T2_COMBO", state: "free" }],
};
const thalwil: Site = {
  name: "Thalwil, Seestrasse",
  operator: "Alpstrom AG",
  town: "Thalwil",
  latitude: 47.2954,
  longitude: 8.5648,
  evses: [{ evse: 2, state: "occupied" }],
};
const nowhere: Site = { name: "Depot", operator: "Beta", evses: [{ evse: 3, plug: "NEW_PLUG", state: "unknown" }] };
const sites = [thalwil, nowhere, zurich];

describe("The operator's sites on the page", function () {
  it("are found by all the words that are typed, whatever their accents and capitals", function () {
    expect(findSites(sites, "")).to.deep.equal(sites);
    expect(findSites(sites, "ZURICH sud")).to.deep.equal([zurich]);
    expect(findSites(sites, "alpstrom")).to.deep.equal([thalwil, zurich]);
    expect(findSites(sites, "alpstrom depot")).to.deep.equal([]);
  });

  it("stand nearest first, with their distance; a site without a position is not among them", function () {
    const near = nearestSites(sites, { latitude: 47.38, longitude: 8.54 });
    expect(near.map(({ site }) => site.name)).to.deep.equal(["Bahnhof Süd", "Thalwil, Seestrasse"]);
    expect(near[0]?.metres).to.be.within(300, 400);
    expect(near[1]?.metres).to.be.within(9_000, 10_000);
  });

  it("say where a charger stands, with the town once, and how people call its plug", function () {
    expect(placeOf(sites, 1)).to.deep.equal({ site: zurich, plug: "CCS" });
    expect(placeOf(sites, 2)?.plug).to.equal(null);
    expect(placeOf(sites, 4)).to.equal(null);
    expect([zurich, thalwil, nowhere].map(nameOfSite)).to.deep.equal([
      "Bahnhof Süd, Zürich",
      "Thalwil, Seestrasse",
      "Depot",
    ]);
    expect(plugName("NEW_PLUG")).to.equal("NEW_PLUG");
  });
});
