import { expect } from "chai";

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
      const assign = { evses: [7, 8, 7], tariffs: [first], isReplacing: false };
      expect(await world.store.assignTariffs({ ...assign, ...on(1, "A") })).to.deep.equal([
        { evse: 7, tariffId: "0xt1", step: "assigned" },
        { evse: 8, tariffId: "0xt1", step: "assigned" },
      ]);
      expect(await world.store.assignTariffs({ ...assign, ...on(2, "B") })).to.deep.equal([]);
      expect(await world.store.findTariff("0xt1")).to.deep.equal(testTariff);
      const replace = { evses: [7], tariffs: [second], isReplacing: true };
      expect(await world.store.assignTariffs({ ...replace, ...on(3, "C") })).to.deep.equal([
        { evse: 7, tariffId: "0xt1", step: "ended" },
        { evse: 7, tariffId: "0xt2", step: "assigned" },
      ]);
      const end = { evses: [7, 8, 9], tariffId: "0xt2" };
      expect(await world.store.unassignTariff({ ...end, ...on(4, "D") })).to.deep.equal([
        { evse: 7, tariffId: "0xt2", step: "ended" },
      ]);
      expect(await world.store.unassignTariff({ ...end, ...on(5, "E") })).to.deep.equal([]);

      await world.reopen();
      const begun = { since: { blockNumber: 1, atSeconds: 12 }, assignedAtMs: 1, assignedBy: "A" };
      const going = { until: null, endedAtMs: null, endedBy: null };
      expect(await world.store.listAssignmentsOfEvse(7)).to.deep.equal([
        {
          ...{ ordinal: 1, evse: 7, tariffId: "0xt1" },
          ...begun,
          ...{ until: { blockNumber: 3, atSeconds: 36 }, endedAtMs: 3, endedBy: "C" },
        },
        {
          ...{ ordinal: 3, evse: 7, tariffId: "0xt2", since: { blockNumber: 3, atSeconds: 36 } },
          ...{ assignedAtMs: 3, assignedBy: "C", until: { blockNumber: 4, atSeconds: 48 }, endedAtMs: 4, endedBy: "D" },
        },
      ]);
      const ofEight = { ordinal: 2, evse: 8, tariffId: "0xt1", ...begun, ...going };
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
        { evse: 7, tariffId: "0xt2", step: "assigned" },
      ]);
    });

    it("knows at which EVSEs of its stations nothing can be charged", async function () {
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [3, 1] });
      await world.store.putStation({ stationId: "B", apiKeySha256: "02", evses: [2, 1] });
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 0, atSeconds: 0 }, atMs: 0, by: "A" };
      await world.store.assignTariffs({ evses: [2, 9], tariffs, isReplacing: false, ...on });
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([1, 3]);
      expect(await world.store.listEvsesWithoutTariff(1)).to.deep.equal([1]);
      await world.store.unassignTariff({ evses: [2], tariffId: "0xt1", ...on });
      expect(await world.store.listEvsesWithoutTariff(9)).to.deep.equal([1, 2, 3]);
      expect(await world.store.readLastBlockBeforeAssignments()).to.equal(-1);
    });

    it("gives the same tariff to no outlet twice, whatever is asked beside it", async function () {
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 1, atSeconds: 12 }, atMs: 1, by: "A" };
      const steps = await Promise.all(
        [1, 2, 3].map(() => world.store.assignTariffs({ evses: [7], tariffs, isReplacing: false, ...on })),
      );
      expect(steps.flat().length).to.equal(1);
      expect(await world.store.listAssignmentsOfEvse(7)).to.have.length(1);
      expect(await world.store.listAssignmentsOfEvse(8)).to.deep.equal([]);
    });
  });
}
