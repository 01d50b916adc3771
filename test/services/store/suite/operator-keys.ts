import { expect } from "chai";

import type { StoreWorld } from "../world.ts";

export function describeOperatorKeys(world: StoreWorld): void {
  describe("Keys of the operator", function () {
    const ada = { name: "ada", keySha256: "aa", role: "operate", addedAtMs: 1, addedBy: "configured" } as const;
    const valid = { revokedAtMs: null, revokedBy: null };

    it("are found by their digest and listed in the order in which they came", async function () {
      expect(await world.store.addOperatorKey({ ...ada, name: "zoe", keySha256: "cc" })).to.equal(true);
      expect(await world.store.addOperatorKey(ada)).to.equal(true);
      await world.reopen();
      expect(await world.store.findOperatorKey("aa")).to.deep.equal({ ...ada, ...valid });
      expect(await world.store.findOperatorKey("bb")).to.equal(null);
      expect((await world.store.listOperatorKeys()).map(({ name }) => name)).to.deep.equal(["zoe", "ada"]);
    });

    it("have a name and a digest that no other key ever had, also after they were revoked", async function () {
      await world.store.addOperatorKey(ada);
      await world.store.revokeOperatorKey("ada", "bob", 2);
      expect(await world.store.addOperatorKey({ ...ada, keySha256: "bb" })).to.equal(false);
      expect(await world.store.addOperatorKey({ ...ada, name: "bob" })).to.equal(false);
      expect(await world.store.listOperatorKeys()).to.have.length(1);
    });

    it("count no more once they are revoked, and stay listed with who revoked them", async function () {
      await world.store.addOperatorKey(ada);
      expect(await world.store.revokeOperatorKey("bob", "ada", 2)).to.equal(false);
      expect(await world.store.revokeOperatorKey("ada", "bob", 2)).to.equal(true);
      expect(await world.store.revokeOperatorKey("ada", "zoe", 3)).to.equal(false);
      await world.reopen();
      expect(await world.store.findOperatorKey("aa")).to.equal(null);
      expect(await world.store.listOperatorKeys()).to.deep.equal([{ ...ada, revokedAtMs: 2, revokedBy: "bob" }]);
    });
  });
}
