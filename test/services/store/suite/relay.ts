import { expect } from "chai";

import { budgetMs } from "../../../../services/domain/relay-budget.ts";
import type { RelayedCall, RelayedCallEnding } from "../../../../services/store/relay.ts";
import { transactionOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

export function describeRelay(world: StoreWorld): void {
  describe("Calls that are sent for others", function () {
    const limits = { driverGas: 300, clientGas: 500, totalGwei: 10_000 };
    const termsAt = (nowMs: number, other: { gas?: number; costGwei?: number; queueLimit?: number } = {}) => ({
      ...{ gas: 100, costGwei: 1_000, queueLimit: 99, limits, nowMs },
      ...other,
    });
    const callOf = (callId: string, other: Partial<RelayedCall> = {}): RelayedCall => ({
      ...{ callId, kind: "opening", driver: "0xd", client: "1.2.3.4", payer: "0xd", subject: `of ${callId}` },
      ...{ target: "chargingSettlement", calldata: "0x01" },
      ...other,
    });
    const admit = async (callId: string, other: Partial<RelayedCall> = {}, nowMs = 1_000) =>
      (await world.store.admitRelayedCall(callOf(callId, other), termsAt(nowMs))).kind;
    const ordinalOf = async (callId: string) =>
      (await world.store.findRelayedCall(callId))?.ordinal ?? expect.fail(`${callId} is missing`);
    const jobOf = (jobId: string, createdAtMs = 5) =>
      ({ jobId, target: "chargingSettlement", calldata: "0x02", createdAtMs }) as const;
    const ending = (ordinal: number, other: Partial<RelayedCallEnding> = {}): RelayedCallEnding => ({
      ...{ ordinal, status: "confirmed", code: null, gas: 40, costGwei: 400 },
      ...other,
    });
    const idsOf = (calls: readonly RelayedCall[]) => calls.map(({ callId }) => callId);

    it("are admitted once while they are on their way, and wait in the order in which they came", async function () {
      expect(await world.store.findRelayedCall("b")).to.equal(null);
      expect(await admit("b")).to.equal("admitted");
      expect(await admit("a", { client: null, payer: "0xe" })).to.equal("admitted");
      expect(await admit("b", { payer: "0xe" })).to.equal("known");
      expect(await admit("c", { subject: "of b", payer: "0xe" })).to.equal("occupied");
      await world.reopen();
      expect(idsOf(await world.store.listWaitingCalls(9))).to.deep.equal(["b", "a"]);
      expect(idsOf(await world.store.listWaitingCalls(1))).to.deep.equal(["b"]);
      expect(await world.store.countPendingCalls()).to.equal(2);
      expect(await world.store.findRelayedCall("b")).to.deep.equal({
        ...callOf("b"),
        ordinal: await ordinalOf("b"),
        ...{ status: "pending", code: null, jobId: null, txHash: null, createdAtMs: 1_000 },
      });
    });

    it("are refused, with nothing kept, where a queue or a budget of a day would be exceeded", async function () {
      const full = await world.store.admitRelayedCall(callOf("a"), termsAt(1, { queueLimit: 0 }));
      expect(full).to.deep.equal({ kind: "full" });
      const exceeded = async (callId: string, other: Partial<RelayedCall>, gas: number, costGwei = 1) =>
        world.store.admitRelayedCall(callOf(callId, other), termsAt(1, { gas, costGwei }));
      expect(await exceeded("a", {}, 301)).to.deep.equal({ kind: "exceeded", budget: "driver" });
      expect(await exceeded("a", {}, 1, 10_001)).to.deep.equal({ kind: "exceeded", budget: "total" });
      expect(await exceeded("a", {}, 300)).to.deep.equal({ kind: "admitted" });
      expect(await exceeded("b", {}, 1)).to.deep.equal({ kind: "exceeded", budget: "driver" });
      expect(await exceeded("b", { payer: "0xe" }, 201)).to.deep.equal({ kind: "exceeded", budget: "client" });
      expect(await exceeded("b", { payer: "0xe", client: null }, 201)).to.deep.equal({ kind: "admitted" });
      expect(await world.store.findRelayedCall("c")).to.equal(null);
      expect(await world.store.countPendingCalls()).to.equal(2);
      expect(await world.store.readRelaySpendingGwei(0)).to.equal(2);
      expect(await world.store.readRelaySpendingGwei(1)).to.equal(0);
    });

    it("lose the address that asked once its budget is a new one", async function () {
      await admit("a", {}, 1_000);
      await admit("b", {}, 1_000 + budgetMs);
      expect((await world.store.findRelayedCall("a"))?.client).to.equal(null);
      expect((await world.store.findRelayedCall("b"))?.client).to.equal("1.2.3.4");
    });

    it("are carried by one transaction, and end with it or wait again", async function () {
      await admit("a");
      await admit("b");
      await admit("c");
      const [a, b, c] = [await ordinalOf("a"), await ordinalOf("b"), await ordinalOf("c")];
      await world.store.putRelayJob(jobOf("j1"), [b, a]);
      expect(idsOf(await world.store.listWaitingCalls(9))).to.deep.equal(["c"]);
      expect(idsOf(await world.store.listCallsOfJob("j1"))).to.deep.equal(["a", "b"]);
      expect(await world.store.listCallsOfJob("j9")).to.deep.equal([]);
      await world.store.putRelayJob(jobOf("j0", 4), [c]);
      expect(await world.store.listOpenRelayJobs()).to.deep.equal([jobOf("j0", 4), jobOf("j1")]);

      const first = { ...transactionOf("j1", 0, 4), txHash: "0xf" };
      const second = { ...transactionOf("j1", 1, 4), txHash: "0xs" };
      await world.store.putRelayTransaction(first);
      await world.store.putRelayTransaction(first);
      await world.store.putRelayTransaction(second);
      await world.store.markRelaySent("0xf", 8);
      await world.store.markRelaySent("0xf", 9);
      await world.store.markRelaySent("unknown", 9);
      expect(await world.store.listRelayTransactions("j1")).to.deep.equal([
        { ...first, status: "sent", sentAtMs: 8 },
        second,
      ]);
      expect(await world.store.listLiveRelayNonces()).to.deep.equal([4]);
      // The nonces of batches are none of these.
      expect(await world.store.listLiveNonces()).to.deep.equal([]);
      expect((await world.store.findRelayedCall("a"))?.txHash).to.equal("0xs");

      const mined = { txHash: "0xf", isSuccess: true, blockNumber: 6 };
      await world.store.finishRelayJob("j1", [ending(a)], mined);
      await world.reopen();
      expect(await world.store.findRelayedCall("a")).to.deep.include({
        status: "confirmed",
        txHash: "0xf",
        jobId: "j1",
      });
      expect(await world.store.findRelayedCall("b")).to.deep.include({ status: "pending", jobId: null, txHash: null });
      expect(idsOf(await world.store.listWaitingCalls(9))).to.deep.equal(["b"]);
      expect((await world.store.listRelayTransactions("j1")).map(({ status }) => status)).to.deep.equal([
        "confirmed",
        "replaced",
      ]);
      expect(await world.store.listLiveRelayNonces()).to.deep.equal([]);
      expect(await world.store.listOpenRelayJobs()).to.deep.equal([jobOf("j0", 4)]);
      // What it cost takes the place of what was set aside.
      expect(await world.store.readRelaySpendingGwei(0)).to.equal(400 + 1_000 + 1_000);
      expect(await admit("a", { payer: "0xe" })).to.equal("admitted");
      expect((await world.store.findRelayedCall("a"))?.status).to.equal("pending");
    });

    it("fail with a code, and leave their subject to others", async function () {
      await admit("a");
      await world.store.putRelayJob(jobOf("j1"), [await ordinalOf("a")]);
      await world.store.finishRelayJob("j1", [ending(await ordinalOf("a"), { status: "failed", code: "WHY" })], null);
      expect(await world.store.findRelayedCall("a")).to.deep.include({ status: "failed", code: "WHY" });
      expect(await admit("b", { subject: "of a" })).to.equal("admitted");
    });

    it("go into another transaction when the nonce of the first went elsewhere", async function () {
      await admit("a");
      await world.store.putRelayJob(jobOf("j1"), [await ordinalOf("a")]);
      await world.store.putRelayTransaction({ ...transactionOf("j1", 0, 4), txHash: "0xf" });
      await world.store.abandonRelayTransactions("j1");
      await world.store.abandonRelayTransactions("unknown");
      expect((await world.store.listRelayTransactions("j1"))[0]?.status).to.equal("replaced");
      expect(await world.store.listLiveRelayNonces()).to.deep.equal([]);
      expect((await world.store.listOpenRelayJobs()).length).to.equal(1);
      await expectCode(world.store.putRelayTransaction(transactionOf("unknown", 0, 4)), "STORE_UNAVAILABLE");
    });
  });
}
