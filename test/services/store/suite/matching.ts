import { expect } from "chai";

import type { ChargingTransaction, StartRequest } from "../../../../services/store/charging.ts";
import { chargingOf, frameOf } from "../samples.ts";
import { openingOf } from "./tokens.ts";
import type { StoreWorld } from "../world.ts";

const ordinalsOf = (found: readonly ChargingTransaction[]) => found.map(({ ordinal }) => ordinal);

export function describeMatching(world: StoreWorld): void {
  describe("What belongs to a session and does not say so", function () {
    const requestOf = (remoteStartId: number, other: Partial<StartRequest> = {}): StartRequest => ({
      ...{ sessionId: "0xs1", remoteStartId, stationId: "A", stationEvse: 1, askedAtMs: remoteStartId },
      ocppTransactionId: null,
      ...other,
    });

    it("finds requests to begin by their number or by the answer, newest first", async function () {
      await world.openSessions("s1", "s2");
      const [first, second] = [requestOf(1), requestOf(2, { ocppTransactionId: "T" })];
      await world.store.putStartRequest(first);
      await world.store.putStartRequest(second);
      await world.store.putStartRequest(requestOf(3, { sessionId: "0xs2", stationId: "B" }));
      const find = (stationId: string, remoteStartId: number | null, ocppTransactionId: string) =>
        world.store.findStartRequests({ stationId, remoteStartId, ocppTransactionId });
      expect(await find("A", 1, "T")).to.deep.equal([second, first]);
      expect(await find("A", null, "T")).to.deep.equal([second]);
      expect(await find("A", 9, "U")).to.deep.equal([]);
      expect(await find("B", 1, "T")).to.deep.equal([]);
      expect(await world.store.listStartRequests("0xs1")).to.deep.equal([second, first]);
      expect(await world.store.listStartRequests("0xs9")).to.deep.equal([]);
    });

    it("adds an answer to a request, and never takes one away", async function () {
      await world.openSessions("s1");
      await world.store.putStartRequest(requestOf(1));
      await world.store.putStartRequest(requestOf(1, { ocppTransactionId: "T" }));
      await world.store.putStartRequest(requestOf(1));
      await world.reopen();
      expect(await world.store.listStartRequests("0xs1")).to.deep.equal([requestOf(1, { ocppTransactionId: "T" })]);
    });

    it("finds transactions without a session by their idToken in any spelling, newest first", async function () {
      await world.openSessions("s1");
      const first = await world.keepTransaction(chargingOf("A", "1", { idToken: "abc" }));
      const second = await world.keepTransaction(chargingOf("B", "2", { idToken: "ABC", isOpen: false }));
      await world.keepTransaction(chargingOf("A", "3", { idToken: "ABC", sessionId: "0xs1" }));
      const carded = await world.keepTransaction(chargingOf("A", "4", { idToken: "ABC" }));
      await world.store.putTokenOpening(openingOf(carded, { status: "prepared" }));
      const found = await world.store.listStraysOfToken("ABC");
      expect(ordinalsOf(found)).to.deep.equal([second.ordinal, first.ordinal]);
      expect(await world.store.listStraysOfToken("OTHER")).to.deep.equal([]);
    });

    it("finds transactions without a session that name a request, or were its answer", async function () {
      await world.openSessions("s1", "s2");
      await world.store.putStartRequest(requestOf(1));
      await world.store.putStartRequest(requestOf(2, { ocppTransactionId: "T" }));
      const naming = await world.keepTransaction(chargingOf("A", "N", { remoteStartId: 1 }));
      const answer = await world.keepTransaction(chargingOf("A", "T"));
      await world.keepTransaction(chargingOf("B", "M", { remoteStartId: 1 }));
      await world.keepTransaction(chargingOf("A", "O"));
      const found = await world.store.listStraysOfSessionRequests("0xs1");
      expect(ordinalsOf(found)).to.deep.equal([answer.ordinal, naming.ordinal]);
      expect(await world.store.listStraysOfSessionRequests("0xs2")).to.deep.equal([]);
    });

    it("finds transactions without a session at an outlet that are open or said something since", async function () {
      const open = await world.keepTransaction(chargingOf("A", "1", { lastMessageAtMs: 1 }));
      const recent = await world.keepTransaction(chargingOf("A", "2", { isOpen: false, lastMessageAtMs: 10 }));
      const nowhere = await world.keepTransaction(chargingOf("A", "3", { evse: null }));
      await world.keepTransaction(chargingOf("A", "4", { isOpen: false, lastMessageAtMs: 9 }));
      await world.keepTransaction(chargingOf("A", "5", { evse: 2 }));
      const found = await world.store.listStraysAtPlace("A", 1, 10);
      expect(ordinalsOf(found)).to.deep.equal([nowhere.ordinal, recent.ordinal, open.ordinal]);
      expect(await world.store.listStraysAtPlace("B", 1, 0)).to.deep.equal([]);
    });

    it("lists recent transactions without a session that may name one, newest first", async function () {
      await world.openSessions("s1");
      const idTag = "T".repeat(20);
      const tagged = await world.keepTransaction(chargingOf("A", "1", { idToken: idTag, lastMessageAtMs: 10 }));
      const asked = await world.keepTransaction(chargingOf("A", "2", { remoteStartId: 4, lastMessageAtMs: 10 }));
      await world.store.putStartRequest(requestOf(9, { ocppTransactionId: "3" }));
      const answer = await world.keepTransaction(chargingOf("A", "3", { lastMessageAtMs: 10 }));
      await world.keepTransaction(chargingOf("A", "4", { idToken: idTag, lastMessageAtMs: 9 }));
      await world.keepTransaction(chargingOf("A", "5", { idToken: "SHORT", lastMessageAtMs: 10 }));
      await world.keepTransaction(chargingOf("A", "6", { idToken: idTag, sessionId: "0xs1", lastMessageAtMs: 10 }));
      const found = await world.store.listTransactionsWithoutSession(10, 9);
      expect(ordinalsOf(found)).to.deep.equal([answer.ordinal, asked.ordinal, tagged.ordinal]);
      expect((await world.store.listTransactionsWithoutSession(10, 1)).length).to.equal(1);
    });

    it("keeps frames whose transaction may still begin: the newest of a station, and none that are too old", async function () {
      const frames = [];
      for (const [index, stationId] of ["A", "A", "B", "A"].entries()) {
        const frame = frameOf(stationId, "in", "MeterValues", { receivedAtMs: index + 1 });
        frames.push((await world.store.commitFrame(frame, [])).frame);
      }
      const [first, second, ofB, third] = frames;
      if (first === undefined || second === undefined || ofB === undefined || third === undefined) {
        expect.fail("There are four.");
      }
      for (const frame of [second, first, ofB, second]) await world.store.putStrayFrame(frame, 0);
      expect(await world.store.listStrayFrames("A", 0)).to.deep.equal([first, second]);
      expect(await world.store.listStrayFrames("A", 2)).to.deep.equal([second]);
      expect(await world.store.listStrayFrames("C", 0)).to.deep.equal([]);
      await world.store.putStrayFrame(third, 2);
      await world.reopen();
      expect(await world.store.listStrayFrames("A", 0)).to.deep.equal([second, third]);
      expect(await world.store.listStrayFrames("B", 0)).to.deep.equal([ofB]);
      await world.store.removeStrayFrame(second.ordinal);
      await world.store.removeStrayFrame(99_999);
      expect(await world.store.listStrayFrames("A", 0)).to.deep.equal([third]);
    });

    it("keeps 256 stray frames of a station at most", async function () {
      for (let index = 1; index <= 258; index += 1) {
        const { frame } = await world.store.commitFrame(frameOf("A", "in", "MeterValues", { receivedAtMs: index }), []);
        await world.store.putStrayFrame(frame, 0);
      }
      const kept = await world.store.listStrayFrames("A", 0);
      expect([kept.length, kept[0]?.stationOrdinal]).to.deep.equal([256, 3]);
    });

    it("keeps what flowed at a session's outlet outside of every transaction", async function () {
      await world.openSessions("s1");
      const decimal = (unscaled: bigint) => ({ unscaled, scale: 0 });
      const places = { registerWh: decimal(1n), quantumWh: decimal(1n), beganAtMs: 1, atMs: 2 };
      expect(await world.store.findStrayEnergy("0xs1")).to.equal(null);
      await world.store.putStrayEnergy("0xs1", { ...places, energyWh: decimal(1n) });
      await world.store.putStrayEnergy("0xs1", { ...places, energyWh: decimal(2n ** 70n) });
      await world.reopen();
      expect(await world.store.findStrayEnergy("0xs1")).to.deep.equal({ ...places, energyWh: decimal(2n ** 70n) });
    });

    it("notes messages of no transaction with each session that they may be of, until they have found one", async function () {
      await world.openSessions("s1", "s2");
      const { frame: first } = await world.store.commitFrame(frameOf("A"), []);
      const { frame: second } = await world.store.commitFrame(frameOf("A"), []);
      expect(await world.store.hasUnmatched("0xs1")).to.equal(false);
      await world.store.putUnmatched("0xs1", first.ordinal);
      await world.store.putUnmatched("0xs1", first.ordinal);
      await world.store.putUnmatched("0xs2", first.ordinal);
      await world.store.putUnmatched("0xs2", second.ordinal);
      await world.reopen();
      expect(await world.store.hasUnmatched("0xs1")).to.equal(true);
      await world.store.removeUnmatched(first.ordinal);
      await world.store.removeUnmatched(99_999);
      expect(await world.store.hasUnmatched("0xs1")).to.equal(false);
      expect(await world.store.hasUnmatched("0xs2")).to.equal(true);
      expect(await world.store.hasUnmatched("0xs9")).to.equal(false);
    });

    it("remembers what the operator was told", async function () {
      expect(await world.store.isTold("cause")).to.equal(false);
      await world.store.putTold("cause", 1);
      await world.store.putTold("cause", 2);
      await world.reopen();
      expect(await world.store.isTold("cause")).to.equal(true);
      expect(await world.store.isTold("Cause")).to.equal(false);
    });
  });
}
