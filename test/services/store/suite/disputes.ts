import { expect } from "chai";

import { block } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

export function describeDisputes(world: StoreWorld): void {
  describe("Claims and disputes", function () {
    it("never keeps two claims of one session, and keeps none beside a contradiction", async function () {
      const claim = { energyMicroWh: 2n ** 64n - 1n, chargingSeconds: 2 ** 32 - 1, connectedSeconds: 2 ** 32 - 1 };
      const first = { sessionId: "0xs1", ...claim };
      const second = { sessionId: "0xs2", ...claim };
      expect(await world.store.recordClaims([first], 1)).to.deep.equal([]);
      expect(await world.store.recordClaims([first, second], 2)).to.deep.equal([]);
      const other = { ...first, energyMicroWh: 5n };
      const third = { sessionId: "0xs3", ...claim };
      expect(await world.store.recordClaims([other, third], 3)).to.deep.equal(["0xs1"]);
      expect(await world.store.recordClaims([{ ...third, connectedSeconds: 1 }], 4)).to.deep.equal([]);
      expect(await world.store.recordClaims([{ ...second, chargingSeconds: 1 }], 5)).to.deep.equal(["0xs2"]);
    });

    it("keeps what was signed for as evidence, in its order and byte for byte, and a second time the same", async function () {
      const payload = new Uint8Array([123, 0, 255]);
      const readable = { sessionId: "0xs1", isReadable: true, records: [{ payload, r: 2n ** 255n, s: 7n }] } as const;
      const other = { sessionId: "0xs2", isReadable: false, documents: [payload, new Uint8Array()] } as const;
      await world.store.recordEvidence("0xr1", [readable, other], 1);
      await world.store.recordEvidence("0xr1", [readable, other], 2);
      await world.store.recordEvidence("0xr2", [other], 3);

      expect(await world.store.findEvidence("0xr1")).to.deep.equal([readable, other]);
      expect(await world.store.findEvidence("0xr2")).to.deep.equal([other]);
      expect(await world.store.findEvidence("0xr3")).to.equal(null);
    });

    it("makes a challenge that is done due again, with a lower record, and no answer", async function () {
      await world.openSessions("s1");
      const challenge = { sessionId: "0xs1", act: "challenge", dueAtMs: 10 } as const;
      const answer = { sessionId: "0xs1", act: "answer", dueAtMs: 10 } as const;
      await world.progress({ cursor: block(2), acts: [challenge, answer], finishedActs: [challenge, answer] });
      await world.progress({
        cursor: block(3),
        acts: [
          { ...challenge, dueAtMs: 20 },
          { ...answer, dueAtMs: 20 },
        ],
      });

      expect(
        (await world.store.listActs("0xs1")).map(({ act, status, dueAtMs }) => [act, status, dueAtMs]),
      ).to.deep.equal([
        ["answer", "done", 10],
        ["challenge", "due", 20],
      ]);
    });

    it("keeps what is to be done in a dispute from due to done, and back when a block is undone", async function () {
      await world.openSessions("s1");
      const seed = { sessionId: "0xs1", act: "challenge", dueAtMs: 10 } as const;
      expect(await world.progress({ cursor: block(2), acts: [seed, seed] })).to.equal("stored");
      expect(await world.store.listDueActs(9, 5)).to.deep.equal([]);
      const [due] = await world.store.listDueActs(10, 5);
      if (due === undefined) expect.fail("Nothing is due.");
      const nothingYet = { ...seed, status: "due", attempts: 0, batchId: null, reason: null };
      expect(due).to.deep.equal(nothingYet);

      await world.store.beginAct(due, { batchId: "d1", kind: "dispute", sessionIds: [], createdAtMs: 7 });
      const prepared = await world.store.findActOfBatch("d1");
      expect(prepared).to.deep.equal({ ...nothingYet, status: "prepared", batchId: "d1" });
      expect((await world.store.listOpenBatches()).map(({ kind }) => kind)).to.deep.equal(["dispute"]);
      await world.store.postponeAct(prepared ?? due, 99, "WHY");
      expect(await world.store.listOpenBatches()).to.deep.equal([]);
      expect(await world.store.listActs("0xs1")).to.deep.equal([
        { ...nothingYet, dueAtMs: 99, attempts: 1, reason: "WHY" },
      ]);

      await world.progress({ cursor: block(3), finishedActs: [seed] });
      expect((await world.store.listActs("0xs1"))[0]?.status).to.equal("done");
      await world.progress({ cursor: block(2), forgetAboveBlock: 2, reopenedActs: ["0xs1"] });
      const [again] = await world.store.listDueActs(99, 5);
      if (again === undefined) expect.fail("Nothing is due again.");
      await world.store.giveUpAct(again, "LOST");
      expect((await world.store.listActs("0xs1"))[0]).to.deep.include({ status: "given-up", reason: "LOST" });
    });

    it("lists what is due from the longest due on, takes it up once, and knows nothing of what is not there", async function () {
      await world.openSessions("s1", "s2");
      const late = { sessionId: "0xs1", act: "challenge", dueAtMs: 20 } as const;
      const early = { sessionId: "0xs2", act: "answer", dueAtMs: 10 } as const;
      await world.progress({ cursor: block(2), acts: [late, early] });
      const due = async (limit: number) => (await world.store.listDueActs(30, limit)).map(({ sessionId }) => sessionId);
      expect(await due(9)).to.deep.equal(["0xs2", "0xs1"]);
      expect(await due(1)).to.deep.equal(["0xs2"]);
      expect(await world.store.listActs("0xs9")).to.deep.equal([]);
      expect(await world.store.findActOfBatch("d9")).to.equal(null);
      const [act] = await world.store.listDueActs(30, 1);
      if (act === undefined) expect.fail("Nothing is due.");
      await world.store.giveUpAct(act, "LOST");
      // What is over stays as it ended.
      await world.store.postponeAct(act, 99, "AGAIN");
      expect(await world.store.listActs("0xs2")).to.deep.equal([
        { ...early, status: "given-up", attempts: 1, batchId: null, reason: "LOST" },
      ]);
    });
  });
}
