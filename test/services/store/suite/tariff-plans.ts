import { expect } from "chai";

import type { TariffPlan } from "../../../../services/domain/tariff-plan.ts";
import { testTariff } from "../../../helpers/test-tariff.ts";
import type { StoreWorld } from "../world.ts";

function planOf(tariffId: string): TariffPlan {
  const whole = { fromTime: "00:00", toTime: "00:00", weekdays: [], fromDate: null, toDate: null };
  return { zone: "Europe/Berlin", windows: [{ tariffId, ...whole }] };
}

export function describeTariffPlans(world: StoreWorld): void {
  describe("Plans of tariffs", function () {
    it("gives each EVSE one plan at a time, keeps its tariffs, and ends it", async function () {
      const first = { planId: "0xp1", plan: planOf("0xt1"), tariffs: [{ tariffId: "0xt1", tariff: testTariff }] };
      const second = { planId: "0xp2", plan: planOf("0xt2"), tariffs: [{ tariffId: "0xt2", tariff: testTariff }] };
      expect(await world.store.findPlanOfEvse(7)).to.equal(null);
      expect(await world.store.listPlannedEvses()).to.deep.equal([]);
      await world.store.assignPlan({ ...first, evses: [8, 7, 8], atMs: 1, by: "A" });
      // The same again changes nothing, not even who did it.
      await world.store.assignPlan({ ...first, evses: [7], atMs: 2, by: "B" });
      const of = (evse: number, planned: typeof first, assignedAtMs: number, assignedBy: string) => ({
        ...{ evse, planId: planned.planId, plan: planned.plan, assignedAtMs, assignedBy },
      });
      expect(await world.store.listPlannedEvses()).to.deep.equal([of(7, first, 1, "A"), of(8, first, 1, "A")]);
      await world.store.assignPlan({ ...second, evses: [8], atMs: 3, by: "C" });

      await world.reopen();
      expect(await world.store.findPlanOfEvse(8)).to.deep.equal(of(8, second, 3, "C"));
      expect(await world.store.findTariff("0xt2")).to.deep.equal(testTariff);
      expect(await world.store.endPlans({ evses: [9, 8, 8], atMs: 4, by: "D" })).to.deep.equal([8]);
      expect(await world.store.endPlans({ evses: [8], atMs: 5, by: "D" })).to.deep.equal([]);
      expect(await world.store.listPlannedEvses()).to.deep.equal([of(7, first, 1, "A")]);
      // What has ended can begin again.
      await world.store.assignPlan({ ...second, evses: [8], atMs: 6, by: "E" });
      expect(await world.store.findPlanOfEvse(8)).to.deep.equal(of(8, second, 6, "E"));
    });
  });
}
