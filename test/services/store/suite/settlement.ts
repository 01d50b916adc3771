import { expect } from "chai";

import { block, changeOf, transactionOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeSettlement(world: StoreWorld): void {
  describe("Batches and their transactions", function () {
    it("carries a session in one batch at a time", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r2", 2n);
      expect(
        (await world.store.listCompleted(9, "oracles", 0)).map(({ session: { sessionId } }) => sessionId),
      ).to.deep.equal(["0xs1", "0xs2"]);
      const before = await world.session("0xs1");
      expect(await world.batchOf("b1", "0xs1")).to.equal("stored");
      const again = [changeOf(before, { kind: "batched", batchId: "b2" })];
      expect(
        await world.store.createBatch({ batchId: "b2", kind: "oracles", sessionIds: ["0xs1"], createdAtMs: 7 }, again),
      ).to.equal("stale");
      expect((await world.store.listCompleted(9, "oracles", 0)).length).to.equal(1);
      expect(await world.store.listOpenBatches()).to.deep.equal([
        { batchId: "b1", kind: "oracles", status: "formed", sessionIds: ["0xs1"], createdAtMs: 7 },
      ]);
    });

    it("releases sessions to other batches, and ends a batch that carries none", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r2", 2n);
      await world.batchOf("b1", "0xs1", "0xs2");
      await world.store.putTransaction(transactionOf("b1", 0, 4));
      const released = { kind: "released", isFailedAttempt: true, attemptLimit: 3 } as const;
      const one = [changeOf(await world.session("0xs2"), released)];
      expect(await world.store.releaseSessions("b1", one, null)).to.equal("stored");
      expect(await world.store.findBatch("b1")).to.deep.include({ status: "formed", sessionIds: ["0xs1"] });
      const other = [changeOf(await world.session("0xs1"), released)];
      expect(await world.store.releaseSessions("b1", other, "0xb10")).to.equal("stored");
      expect(await world.store.findBatch("b1")).to.deep.include({ status: "failed", sessionIds: [] });
      expect((await world.store.findTransaction("0xb10"))?.status).to.equal("reverted");
      expect(await world.batchOf("b2", "0xs1", "0xs2")).to.equal("stored");
    });

    it("keeps the journal of transactions from prepared to confirmed, and back when a block is undone", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      await world.batchOf("b1", "0xs1");
      const [first, second] = [transactionOf("b1", 0, 4), transactionOf("b1", 1, 4)];
      await world.store.putTransaction(first);
      await world.store.putTransaction(first);
      expect(await world.store.listTransactions("b1")).to.deep.equal([first]);
      expect(await world.store.listLiveNonces()).to.deep.equal([4]);
      await world.store.markSent(first.txHash, 8);
      await world.store.markSent(first.txHash, 9);
      expect(await world.store.findTransaction(first.txHash)).to.deep.include({ status: "sent", sentAtMs: 8 });
      expect((await world.store.findBatch("b1"))?.status).to.equal("sent");
      await world.store.putTransaction(second);

      await world.progress({ cursor: block(2), transactions: [{ txHash: first.txHash, blockNumber: 2 }] });
      expect((await world.store.listTransactions("b1")).map(({ status }) => status)).to.deep.equal([
        "confirmed",
        "replaced",
      ]);
      expect((await world.store.findBatch("b1"))?.status).to.equal("confirmed");
      expect(await world.store.listLiveNonces()).to.deep.equal([]);
      expect((await world.store.listTransactionsAbove(1)).length).to.equal(1);

      await world.progress({
        cursor: block(1),
        forgetAboveBlock: 1,
        transactions: [{ txHash: first.txHash, blockNumber: null }],
      });
      expect(await world.store.findTransaction(first.txHash)).to.deep.include({ status: "sent", blockNumber: null });
      expect((await world.store.findBatch("b1"))?.status).to.equal("sent");
      expect(await world.store.listBlockMarks(9)).to.deep.equal([block(1)]);
    });

    it("gives up transactions whose nonce went elsewhere", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      await world.batchOf("b1", "0xs1");
      await world.store.putTransaction(transactionOf("b1", 0, 4));
      await world.store.markSent("0xb10", 8);
      await world.store.abandonTransactions("b1");
      expect((await world.store.findTransaction("0xb10"))?.status).to.equal("replaced");
      expect((await world.store.findBatch("b1"))?.status).to.equal("formed");
    });

    it("offers a session to a lane alone, and not before its time", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      await world.batchOf("b1", "0xs1");
      const nextTry = { lane: "meter", notBeforeMs: 50, quorumLackingSinceMs: 9 } as const;
      const released = { kind: "released", isFailedAttempt: false, attemptLimit: 3, nextTry } as const;
      await world.store.releaseSessions("b1", [changeOf(await world.session("0xs1"), released)], null);
      expect(await world.store.listCompleted(9, "oracles", 100)).to.deep.equal([]);
      expect(await world.store.listCompleted(9, "meter", 49)).to.deep.equal([]);
      expect((await world.store.listCompleted(9, "meter", 50)).length).to.equal(1);
    });

    it("forms no batch if one of its sessions has moved on, and marks none of the others", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r2", 2n);
      const [first, second] = await Promise.all(["0xs1", "0xs2"].map((id) => world.session(id)));
      if (first === undefined || second === undefined) expect.fail("There are two.");
      const event = { kind: "batched", batchId: "b1" } as const;
      const changes = [changeOf(first, event), { ...changeOf(second, event), expectedSequence: 1 }];
      const batch = { batchId: "b1", kind: "oracles", sessionIds: ["0xs1", "0xs2"], createdAtMs: 7 } as const;
      expect(await world.store.createBatch(batch, changes)).to.equal("stale");
      expect(await world.store.findBatch("b1")).to.equal(null);
      expect(await world.session("0xs1")).to.deep.equal(first);
      const released = { kind: "released", isFailedAttempt: true, attemptLimit: 3 } as const;
      await world.batchOf("b2", "0xs1", "0xs2");
      const moved = { ...changeOf(await world.session("0xs1"), released), expectedSequence: 1 };
      expect(await world.store.releaseSessions("b2", [moved], null)).to.equal("stale");
      expect((await world.store.findBatch("b2"))?.sessionIds).to.deep.equal(["0xs1", "0xs2"]);
    });

    it("offers completed sessions from the one that waits longest, and no more than were asked for", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs2", "r2", 1n);
      await world.complete("0xs1", "r1", 2n);
      const found = await world.store.listCompleted(9, "oracles", 0);
      // Both at the same time: then in the order in which they became known.
      expect(found.map(({ session }) => session.sessionId)).to.deep.equal(["0xs1", "0xs2"]);
      expect(found[0]).to.deep.include({ completedAtMs: 5, session: await world.session("0xs1") });
      expect((await world.store.listCompleted(1, "oracles", 0)).length).to.equal(1);
      expect(await world.store.listCompleted(9, "meter", 0)).to.deep.equal([]);
    });

    it("changes nothing for transactions and batches that it does not know", async function () {
      await world.store.markSent("unknown", 1);
      await world.store.abandonTransactions("unknown");
      expect(await world.store.releaseSessions("unknown", [], "0x")).to.equal("stored");
      expect(await world.store.listTransactions("unknown")).to.deep.equal([]);
      expect(await world.store.listOpenBatches()).to.deep.equal([]);
      await expectCode(world.store.putTransaction(transactionOf("unknown", 0, 1)), "STORE_UNAVAILABLE");
    });

    it("brings no transaction back that is over", async function () {
      await world.openSessions("s1");
      await world.complete("0xs1", "r1", 1n);
      await world.batchOf("b1", "0xs1");
      await world.store.putTransaction(transactionOf("b1", 0, 4));
      await world.store.abandonTransactions("b1");
      await world.store.markSent("0xb10", 8);
      expect(await world.store.findTransaction("0xb10")).to.deep.include({ status: "replaced", sentAtMs: null });
      await world.store.putTransaction(transactionOf("b1", 0, 4));
      expect((await world.store.findTransaction("0xb10"))?.status).to.equal("replaced");
      expect(await world.store.listLiveNonces()).to.deep.equal([]);
    });

    it("names each nonce once, in order", async function () {
      await world.openSessions("s1", "s2");
      await world.complete("0xs1", "r1", 1n);
      await world.complete("0xs2", "r2", 2n);
      await world.batchOf("b1", "0xs1");
      await world.batchOf("b2", "0xs2");
      await world.store.putTransaction(transactionOf("b2", 0, 9));
      await world.store.putTransaction(transactionOf("b1", 0, 4));
      await world.store.putTransaction(transactionOf("b1", 1, 4));
      expect(await world.store.listLiveNonces()).to.deep.equal([4, 9]);
    });
  });
}
