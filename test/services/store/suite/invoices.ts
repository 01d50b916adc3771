import { expect } from "chai";

import { changeOf } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

export function describeInvoices(world: StoreWorld): void {
  describe("Receipts and credit notes", function () {
    const expiry = {
      kind: "closed",
      closing: {
        kind: "expired",
        position: { txHash: "0xte", blockNumber: 1, blockHash: "0xa1", logIndex: 1 },
        returnedMicro: 1n,
      },
      reason: null,
    } as const;

    async function close(name: string): Promise<number> {
      const change = changeOf(await world.session(`0x${name}`), expiry);
      expect((await world.store.commitStep({ session: { change, cdr: null, acts: [] } })).outcome).to.equal("stored");
      return (await world.session(`0x${name}`)).sequence;
    }
    const deliveries = async (nowMs: number): Promise<readonly string[]> =>
      (await world.store.listDueDeliveries(nowMs, 9)).map(
        ({ sessionId, ordinal, channel, attempts }) => `${sessionId} ${ordinal} ${channel} ${attempts}`,
      );

    it("queues a session when its money moves, until its papers are kept", async function () {
      await world.openSessions("s1", "s2");
      expect(await world.store.listInvoiceQueue("", 9)).to.deep.equal([]);
      const sequence = await close("s1");
      await close("s2");
      expect([...(await world.store.listInvoiceQueue("", 9))].sort()).to.deep.equal(["0xs1", "0xs2"]);
      const kept = { sessionId: "0xs1", channels: [], atMs: 5 } as const;
      // What happened meanwhile is looked at again.
      await world.store.keepInvoices({ ...kept, expectedSequence: sequence - 1, invoices: [] });
      expect(await world.store.listInvoiceQueue("", 9)).to.include("0xs1");
      await world.store.keepInvoices({ ...kept, expectedSequence: sequence, invoices: [] });
      await world.reopen();
      expect(await world.store.listInvoiceQueue("", 9)).to.deep.equal(["0xs2"]);
    });

    it("gives the queue in pages, so that those that stay in it hide none behind them", async function () {
      await world.openSessions("s1", "s2", "s3");
      for (const name of ["s2", "s3", "s1"]) await close(name);
      expect(await world.store.listInvoiceQueue("", 2)).to.deep.equal(["0xs1", "0xs2"]);
      expect(await world.store.listInvoiceQueue("0xs2", 2)).to.deep.equal(["0xs3"]);
      expect(await world.store.listInvoiceQueue("0xs3", 2)).to.deep.equal([]);
    });

    it("never changes a paper, and sends each once by each way", async function () {
      await world.openSessions("s1");
      const sequence = await close("s1");
      const keep = (ordinal: number, content: string): Promise<void> =>
        world.store.keepInvoices({
          ...{ sessionId: "0xs1", expectedSequence: sequence, invoices: [{ ordinal, content }] },
          ...{ channels: ["webhook"], atMs: 5 },
        });
      await keep(0, "first");
      await keep(0, "other");
      await keep(1, "second");
      expect(await world.store.listInvoices("0xs1")).to.deep.equal([
        { sessionId: "0xs1", ordinal: 0, content: "first" },
        { sessionId: "0xs1", ordinal: 1, content: "second" },
      ]);
      expect(await world.store.listInvoices("0xs9")).to.deep.equal([]);
      expect(await deliveries(4)).to.deep.equal([]);
      expect(await deliveries(5)).to.deep.equal(["0xs1 0 webhook 0", "0xs1 1 webhook 0"]);
      const [first, second] = await world.store.listDueDeliveries(5, 9);
      if (first === undefined || second === undefined) expect.fail("Two are due.");
      await world.store.noteDelivery(first, { kind: "later", dueAtMs: 50 });
      await world.store.noteDelivery(second, { kind: "arrived" });
      await world.reopen();
      expect(await deliveries(49)).to.deep.equal([]);
      expect(await deliveries(50)).to.deep.equal(["0xs1 0 webhook 1"]);
      await world.store.noteDelivery(first, { kind: "given-up" });
      expect(await deliveries(99)).to.deep.equal([]);
    });

    it("sends by mail to whom the driver names, before or afterwards, and forgets the address", async function () {
      await world.openSessions("s1");
      const sequence = await close("s1");
      expect(await world.store.findInvoiceRecipient("0xs1")).to.equal(null);
      await world.store.putInvoiceRecipient({ sessionId: "0xs1", content: "ada", atMs: 6 });
      await world.store.keepInvoices({
        ...{ sessionId: "0xs1", expectedSequence: sequence, invoices: [{ ordinal: 0, content: "first" }] },
        ...{ channels: [], atMs: 7 },
      });
      expect(await deliveries(7)).to.deep.equal(["0xs1 0 mail 0"]);
      await world.store.noteDelivery({ sessionId: "0xs1", ordinal: 0, channel: "mail" }, { kind: "arrived" });
      await world.store.putInvoiceRecipient({ sessionId: "0xs1", content: "bob", atMs: 8 });
      expect(await deliveries(8)).to.deep.equal(["0xs1 0 mail 0"]);
      expect(await world.store.dropInvoiceRecipients(8)).to.equal(0);
      expect(await world.store.findInvoiceRecipient("0xs1")).to.equal("bob");
      expect(await world.store.dropInvoiceRecipients(9)).to.equal(1);
      expect(await world.store.findInvoiceRecipient("0xs1")).to.equal(null);
    });
  });
}
