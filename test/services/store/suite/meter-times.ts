import { expect } from "chai";

import type { StoreWorld } from "../world.ts";

export function describeMeterTimes(world: StoreWorld): void {
  describe("Meters whose time is approved for prices", function () {
    it("are approved, replaced, listed by number in pages, and withdrawn", async function () {
      const approval = { meter: 12, reference: "PTB-1", approvedAtMs: 5, approvedBy: "Ada" };
      expect(await world.store.findMeterTime(12)).to.equal(null);
      await world.store.approveMeterTime(approval);
      await world.store.approveMeterTime({ ...approval, meter: 3 });
      await world.store.approveMeterTime({ ...approval, reference: "PTB-2", approvedAtMs: 6 });
      await world.reopen();
      expect(await world.store.findMeterTime(12)).to.deep.equal({ ...approval, reference: "PTB-2", approvedAtMs: 6 });
      const meters = async (after: number, limit: number) =>
        (await world.store.listMeterTimes(after, limit)).map(({ meter }) => meter);
      expect([await meters(0, 9), await meters(0, 1), await meters(3, 9)]).to.deep.equal([[3, 12], [3], [12]]);
      expect([await world.store.withdrawMeterTime(12), await world.store.withdrawMeterTime(12)]).to.deep.equal([
        true,
        false,
      ]);
      expect(await meters(0, 9)).to.deep.equal([3]);
    });
  });
}
