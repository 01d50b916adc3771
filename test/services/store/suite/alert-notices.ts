import { expect } from "chai";

import type { StoredNotice } from "../../../../services/store/alert-notices.ts";
import type { StoreWorld } from "../world.ts";

export function describeNotices(world: StoreWorld): void {
  describe("Alerts on their way out", function () {
    const notice: StoredNotice = { replicaId: "A", channel: "mail", alert: "batch-stuck", content: "first" };

    it("are kept by replica, way and alert, and replaced", async function () {
      const webhook = { ...notice, channel: "webhook" } as const;
      const others = { ...notice, replicaId: "B" };
      for (const one of [webhook, notice, others, { ...notice, content: "second" }]) await world.store.putNotice(one);
      await world.reopen();
      expect(await world.store.listNotices("A")).to.deep.equal([{ ...notice, content: "second" }, webhook]);
      expect(await world.store.listNotices("B")).to.deep.equal([others]);
      expect(await world.store.listNotices("C")).to.deep.equal([]);
    });

    it("are removed one by one; what is not there changes nothing", async function () {
      const other = { ...notice, alert: "chain-unavailable" };
      await world.store.putNotice(notice);
      await world.store.putNotice(other);
      await world.store.removeNotice({ ...notice, replicaId: "B" });
      await world.store.removeNotice(notice);
      await world.store.removeNotice(notice);
      await world.reopen();
      expect(await world.store.listNotices("A")).to.deep.equal([other]);
    });
  });
}
