import { expect } from "chai";

import type { StoreWorld } from "../world.ts";

export function describeDriverGroups(world: StoreWorld): void {
  describe("Groups of drivers", function () {
    const on = (blockNumber: number, by: string) => ({
      ...{ at: { blockNumber, atSeconds: blockNumber * 12 }, atMs: blockNumber, by },
    });

    it("adds and removes each driver once, whatever the case of the digits, and forgets nobody", async function () {
      const staff = { group: "staff", drivers: ["0xAa", "0xaA", "0xBb"] };
      expect(await world.store.hasDriverGroup("staff")).to.equal(false);
      expect(await world.store.addToDriverGroup({ ...staff, ...on(1, "A") })).to.deep.equal(["0xaa", "0xbb"]);
      expect(await world.store.addToDriverGroup({ ...staff, ...on(2, "B") })).to.deep.equal([]);
      const leaving = { group: "staff", drivers: ["0xAA", "0xcc"] };
      expect(await world.store.removeFromDriverGroup({ ...leaving, ...on(3, "C") })).to.deep.equal(["0xaa"]);
      expect(await world.store.removeFromDriverGroup({ ...leaving, ...on(4, "D") })).to.deep.equal([]);
      await world.store.addToDriverGroup({ group: "fleet", drivers: ["0xaa"], ...on(5, "E") });

      await world.reopen();
      const [left, joined, ...others] = await world.store.listGroupsOfDriver("0xAA");
      expect(left).to.deep.include({
        ...{ group: "staff", driver: "0xaa", since: { blockNumber: 1, atSeconds: 12 }, addedAtMs: 1, addedBy: "A" },
        ...{ until: { blockNumber: 3, atSeconds: 36 }, removedAtMs: 3, removedBy: "C" },
      });
      expect(joined).to.deep.include({
        ...{ group: "fleet", driver: "0xaa", since: { blockNumber: 5, atSeconds: 60 }, addedAtMs: 5, addedBy: "E" },
        ...{ until: null, removedAtMs: null, removedBy: null },
      });
      expect(others).to.deep.equal([]);
      const page = { group: null, afterOrdinal: 0, limit: 9 };
      const names = async (change: object): Promise<readonly string[]> =>
        (await world.store.listDriverGroupMembers({ ...page, ...change })).map(
          ({ group, driver }) => `${group} ${driver}`,
        );
      expect(await names({})).to.deep.equal(["staff 0xbb", "fleet 0xaa"]);
      expect(await names({ limit: 1 })).to.deep.equal(["staff 0xbb"]);
      expect(await names({ afterOrdinal: (joined?.ordinal ?? 0) - 1 })).to.deep.equal(["fleet 0xaa"]);
      expect(await names({ group: "staff" })).to.deep.equal(["staff 0xbb"]);
      expect(await world.store.hasDriverGroup("staff")).to.equal(true);
      // Who left can come back.
      expect(await world.store.addToDriverGroup({ ...leaving, ...on(6, "F") })).to.deep.equal(["0xaa", "0xcc"]);
    });
  });
}
