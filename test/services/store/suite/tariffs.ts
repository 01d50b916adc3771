import { expect } from "chai";

import { atEvse } from "../../../../services/domain/tariff-scope.ts";
import { testTariff } from "../../../helpers/test-tariff.ts";
import type { StoreWorld } from "../world.ts";

export function describeTariffs(world: StoreWorld): void {
  describe("Tariffs at outlets", function () {
    it("assigns tariffs once, ends and replaces them in one step, and forgets nobody who did", async function () {
      const [first, second] = ["0xt1", "0xt2"].map((id) => ({ tariffId: id, tariff: testTariff }));
      if (first === undefined || second === undefined) expect.fail("There are two.");
      const on = (blockNumber: number, by: string) => ({
        at: { blockNumber, atSeconds: blockNumber * 12 },
        atMs: blockNumber,
        by,
      });
      const assign = { scopes: [7, 8, 7].map(atEvse), tariffs: [first], isReplacing: false };
      expect(await world.store.assignTariffs({ ...assign, ...on(1, "A") })).to.deep.equal([
        { ...atEvse(7), tariffId: "0xt1", step: "assigned" },
        { ...atEvse(8), tariffId: "0xt1", step: "assigned" },
      ]);
      expect(await world.store.assignTariffs({ ...assign, ...on(2, "B") })).to.deep.equal([]);
      expect(await world.store.findTariff("0xt1")).to.deep.equal(testTariff);
      const replace = { scopes: [7].map(atEvse), tariffs: [second], isReplacing: true };
      expect(await world.store.assignTariffs({ ...replace, ...on(3, "C") })).to.deep.equal([
        { ...atEvse(7), tariffId: "0xt1", step: "ended" },
        { ...atEvse(7), tariffId: "0xt2", step: "assigned" },
      ]);
      const end = { scopes: [7, 8, 9].map(atEvse), tariffId: "0xt2" };
      expect(await world.store.unassignTariff({ ...end, ...on(4, "D") })).to.deep.equal([
        { ...atEvse(7), tariffId: "0xt2", step: "ended" },
      ]);
      expect(await world.store.unassignTariff({ ...end, ...on(5, "E") })).to.deep.equal([]);

      await world.reopen();
      const begun = { since: { blockNumber: 1, atSeconds: 12 }, assignedAtMs: 1, assignedBy: "A" };
      const going = { until: null, endedAtMs: null, endedBy: null };
      expect(await world.store.listAssignmentsIn(atEvse(7))).to.deep.equal([
        {
          ...{ ordinal: 1, scope: atEvse(7), tariffId: "0xt1" },
          ...begun,
          ...{ until: { blockNumber: 3, atSeconds: 36 }, endedAtMs: 3, endedBy: "C" },
        },
        {
          ...{ ordinal: 3, scope: atEvse(7), tariffId: "0xt2", since: { blockNumber: 3, atSeconds: 36 } },
          ...{ assignedAtMs: 3, assignedBy: "C", until: { blockNumber: 4, atSeconds: 48 }, endedAtMs: 4, endedBy: "D" },
        },
      ]);
      const ofEight = { ordinal: 2, scope: atEvse(8), tariffId: "0xt1", ...begun, ...going };
      const page = { evse: null, isWithEnded: false, afterOrdinal: 0, limit: 9 };
      expect(await world.store.listTariffAssignments(page)).to.deep.equal([ofEight]);
      expect(await world.store.listTariffAssignments({ ...page, evse: 7 })).to.deep.equal([]);
      expect(await world.store.listTariffAssignments({ ...page, afterOrdinal: 2 })).to.deep.equal([]);
      const ordinals = async (limit: number, afterOrdinal: number) =>
        (await world.store.listTariffAssignments({ ...page, isWithEnded: true, limit, afterOrdinal })).map(
          ({ ordinal }) => ordinal,
        );
      expect([await ordinals(2, 0), await ordinals(2, 2)]).to.deep.equal([[1, 2], [3]]);
      // What ended can begin again.
      expect(await world.store.assignTariffs({ ...replace, ...on(6, "F") })).to.deep.equal([
        { ...atEvse(7), tariffId: "0xt2", step: "assigned" },
      ]);
    });

    it("keeps scopes apart, and finds at an EVSE what its connectors and its site have", async function () {
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 1, atSeconds: 12 }, atMs: 1, by: "A" };
      const plain = atEvse(7);
      const connector = { ...plain, connector: 2 };
      const ofStaff = { ...plain, group: "staff" };
      const site = { evse: null, connector: null, site: "hall", group: "staff" };
      const scopes = [plain, connector, ofStaff, site, { ...site, site: "other" }];
      expect(await world.store.assignTariffs({ scopes, tariffs, isReplacing: false, ...on })).to.have.length(5);
      expect(await world.store.listAssignmentsAt(7)).to.have.length(3);
      await world.store.putSites([{ site: "hall", evses: [9, 7] }]);
      await world.reopen();
      expect((await world.store.listAssignmentsAt(7)).map(({ scope }) => scope)).to.deep.equal(scopes.slice(0, 4));
      expect((await world.store.listAssignmentsAt(9)).map(({ scope }) => scope)).to.deep.equal([site]);
      expect(await world.store.listEvsesOfSite("hall")).to.deep.equal([7, 9]);
      expect(await world.store.listEvsesOfSite("nowhere")).to.deep.equal([]);
      const ending = { scopes: [connector, site], tariffId: "0xt1", ...on };
      expect((await world.store.unassignTariff(ending)).map(({ step }) => step)).to.deep.equal(["ended", "ended"]);
      const open = async (evse: number) =>
        (await world.store.listAssignmentsAt(evse)).filter(({ until }) => until === null).map(({ scope }) => scope);
      expect(await open(7)).to.deep.equal([plain, ofStaff]);
      // Another file of sites takes the place of the one before.
      await world.store.putSites([{ site: "other", evses: [9] }]);
      expect([await world.store.listEvsesOfSite("hall"), (await open(9)).length]).to.deep.equal([[], 1]);
    });

    it("counts a price of the site for everybody, and none of a connector or for a group", async function () {
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [1, 2, 3] });
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 1, atSeconds: 12 }, atMs: 1, by: "A" };
      const site = { evse: null, connector: null, site: "hall", group: null };
      const scopes = [{ ...atEvse(2), group: "staff" }, { ...atEvse(3), connector: 1 }, site];
      await world.store.assignTariffs({ scopes, tariffs, isReplacing: false, ...on });
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([1, 2, 3]);
      await world.store.putSites([{ site: "hall", evses: [1] }]);
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([2, 3]);
    });

    it("knows at which EVSEs of its stations nothing can be charged", async function () {
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [3, 1] });
      await world.store.putStation({ stationId: "B", apiKeySha256: "02", evses: [2, 1] });
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 0, atSeconds: 0 }, atMs: 0, by: "A" };
      await world.store.assignTariffs({ scopes: [2, 9].map(atEvse), tariffs, isReplacing: false, ...on });
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([1, 3]);
      expect(await world.store.listEvsesWithoutTariff(1)).to.deep.equal([1]);
      await world.store.unassignTariff({ scopes: [2].map(atEvse), tariffId: "0xt1", ...on });
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([1, 2, 3]);
      expect(await world.store.readLastBlockBeforeAssignments()).to.equal(-1);
    });

    it("gives the same tariff to no outlet twice, whatever is asked beside it", async function () {
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 1, atSeconds: 12 }, atMs: 1, by: "A" };
      const steps = await Promise.all(
        [1, 2, 3].map(() => world.store.assignTariffs({ scopes: [7].map(atEvse), tariffs, isReplacing: false, ...on })),
      );
      expect(steps.flat().length).to.equal(1);
      expect(await world.store.listAssignmentsIn(atEvse(7))).to.have.length(1);
      expect(await world.store.listAssignmentsIn(atEvse(8))).to.deep.equal([]);
    });
  });
}
