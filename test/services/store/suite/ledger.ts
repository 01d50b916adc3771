import { expect } from "chai";

import { block, cdrOf, message, newSession, transactionOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeLedger(world: StoreWorld): void {
  describe("The whole", function () {
    it("finds nothing while it is empty", async function () {
      expect(await world.store.findStation("x")).to.equal(null);
      expect(await world.store.findSession("x")).to.equal(null);
      expect(await world.store.findSessionByIdTag("x")).to.equal(null);
      expect(await world.store.listIdTags("x")).to.deep.equal([]);
      expect(await world.store.findRecord("x")).to.equal(null);
      expect(await world.store.findCdr("x")).to.equal(null);
      expect(await world.store.findTariff("x")).to.equal(null);
      expect(await world.store.findBatch("x")).to.equal(null);
      expect(await world.store.findTransaction("x")).to.equal(null);
      expect(await world.store.readCursor()).to.equal(null);
      expect(await world.store.listPendingMessages(9)).to.deep.equal([]);
      expect(await world.store.removeStation("x")).to.equal(false);
      expect(await world.store.countRecords("x")).to.equal(0);
      await world.store.probe();
      await world.store.probe();
    });

    it("writes all or nothing of a call, whatever is written beside it", async function () {
      const good = Array.from({ length: 20 }, (_unused, index) => message(`m${index}`));
      const results = await Promise.allSettled([
        ...good.slice(0, 10).map((each) => world.store.putMessage(each)),
        world.store.putTransaction(transactionOf("no such batch", 0, 1)),
        ...good.slice(10).map((each) => world.store.putMessage(each)),
      ]);
      expect(results.filter(({ status }) => status === "rejected").length).to.equal(1);
      expect((await world.store.listPendingMessages(99)).length).to.equal(20);
      await expectCode(world.store.putTransaction(transactionOf("no such batch", 0, 1)), "STORE_UNAVAILABLE");
    });

    it("has everything it answered for after it was opened again", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      const before = await world.session("0xs1");
      await world.reopen();
      expect(await world.session("0xs1")).to.deep.equal(before);
      expect(await world.store.readCursor()).to.deep.equal(block(1));
      expect(await world.store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
    });

    it("takes no more writes once it is closed, and can be closed twice", async function () {
      await world.store.close();
      await world.store.close();
      await expectCode(world.store.putMessage(message("m")), "STORE_UNAVAILABLE");
    });

    it("is of the first who claims it, and of whom its oracle's key was handed to", async function () {
      const owner = { chainId: 1, settlement: "0xA", oracle: "0x1" };
      expect(await world.store.claimLedger(owner, null)).to.equal("claimed");
      expect(await world.store.claimLedger(owner, null)).to.equal("known");
      await world.reopen();
      for (const other of [
        { ...owner, chainId: 2 },
        { ...owner, settlement: "0xB" },
        { ...owner, oracle: "0x2" },
      ]) {
        await expectCode(world.store.claimLedger(other, null), "STORE_FOREIGN");
        await expectCode(world.store.claimLedger(other, "0x9"), "STORE_FOREIGN");
      }
      expect(await world.store.claimLedger({ ...owner, oracle: "0x2" }, "0x1")).to.equal("handed-over");
      await expectCode(world.store.claimLedger(owner, null), "STORE_FOREIGN");
    });

    it("is not claimed by somebody whose sessions it does not keep", async function () {
      const address = `0x${"22".repeat(20)}`;
      const opening = newSession("s1", 1);
      const terms = { ...opening.terms, driver: address, operator: address };
      await world.progress({ cursor: block(1), openings: [{ ...opening, terms }] });
      await expectCode(
        world.store.claimLedger({ chainId: 1, settlement: `0x${"11".repeat(20)}`, oracle: "0x1" }, null),
        "STORE_FOREIGN",
      );
    });
  });
}
