import { expect } from "chai";

import { transition } from "../../../../services/domain/session.ts";
import type { TransactionAssessment } from "../../../../services/domain/charging/assess-transaction.ts";
import type { ChargingTransaction, SessionStart } from "../../../../services/store/charging.ts";
import { cdrOf, chargingOf, frameOf } from "../samples.ts";
import { expectCode, type StoreWorld } from "../world.ts";

const watched = {
  energyWh: { unscaled: 2n ** 70n, scale: 3 },
  registerWh: { unscaled: 1n, scale: 0 },
  quantumWh: { unscaled: 1n, scale: 0 },
  beganAtMs: 1,
  atMs: 2,
};
const lacking: TransactionAssessment = {
  grade: "plausible-unsigned",
  reasons: ["UNSIGNED"],
  flags: ["MESSAGES_MISSING"],
  energyMicroWh: 2n ** 70n,
  energyWh: "1",
  claimedEnergyWh: null,
  chargingSeconds: 1,
  begin: null,
  end: null,
  segments: [],
  completeness: "incomplete",
  missingSequenceNumbers: [3],
  isEnded: true,
};
const ordinalsOf = (found: readonly ChargingTransaction[]) => found.map(({ ordinal }) => ordinal);

export function describeCharging(world: StoreWorld): void {
  describe("Transactions of stations", function () {
    it("are kept with their frame and the step of their session, or none of it", async function () {
      await world.openSessions("s1");
      const { frame } = await world.store.commitFrame(frameOf("A"), []);
      const session = await world.session("0xs1");
      const transaction = chargingOf("A", "7", { sessionId: "0xs1", watched, isOpen: false });
      const step = {
        ...{ transaction, frame: frame.ordinal, session, cdr: cdrOf("0xs1") },
        event: { kind: "evidence-completed" },
      } as const;
      const stale = await world.commitTransaction({ ...step, session: { ...session, sequence: 7 } });
      expect(stale).to.deep.equal({ outcome: "stale", transaction: null });
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([]);
      expect(await world.store.findCdr("0xs1")).to.equal(null);

      const { outcome, transaction: kept } = await world.commitTransaction(step);
      if (kept === null) expect.fail("Nothing was kept.");
      expect(outcome).to.equal("stored");
      expect(kept).to.deep.include(transaction);
      await world.reopen();
      expect(await world.store.findTransactionOfSession("0xs1")).to.deep.equal(kept);
      expect(await world.store.listTransactionFrames(kept.ordinal)).to.deep.equal([frame]);
      expect((await world.session("0xs1")).state.status).to.equal("completed");
      expect(await world.store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
      // Asked once more, the session has moved on and nothing is kept twice.
      expect((await world.commitTransaction({ ...step, transaction: kept })).outcome).to.equal("stale");
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([kept]);
    });

    it("change as they go on, and a frame that belongs to one twice is listed once", async function () {
      const frames = await Promise.all(
        [1, 2, 3].map(async () => (await world.store.commitFrame(frameOf("A"), [])).frame),
      );
      const [first, second, third] = frames.map(({ ordinal }) => ordinal);
      if (first === undefined || second === undefined || third === undefined) expect.fail("There are three.");
      const kept = await world.keepTransaction(chargingOf("A", "7"), first);
      const gone = { ...kept, watched, lastMessageAtMs: 9, idToken: "X", lateFrames: 2, assessDueAtMs: 5 };
      await world.store.commitChargingFrames([{ transaction: gone, frames: [third, second] }]);
      const again = { transaction: { ...gone, revision: 1 }, frames: [third, second] };
      await world.store.commitChargingFrames([again]);
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([{ ...gone, revision: 2 }]);
      expect(await world.store.listTransactionFrames(kept.ordinal)).to.deep.equal(frames);
      const ended = await world.keepTransaction({ ...gone, revision: 2, isOpen: false, endedAtMs: 3 });
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([ended]);
      expect(await world.store.listTransactionFrames(99)).to.deep.equal([]);
    });

    it("are not written by who has read them before they were written last", async function () {
      const kept = await world.keepTransaction(chargingOf("A", "7"));
      const written = await world.keepTransaction({ ...kept, lastMessageAtMs: 9 });
      expect(written.revision).to.equal(kept.revision + 1);
      const late = { transaction: { ...kept, lastMessageAtMs: 99 }, frames: [] };
      await expectCode(world.store.commitChargingFrames([late]), "STORE_CONTENDED");
      expect(await world.commitTransaction({ transaction: late.transaction })).to.deep.equal({
        ...{ outcome: "stale", transaction: null },
      });
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([written]);
    });

    it("go on together or not at all", async function () {
      const first = await world.keepTransaction(chargingOf("A", "7"));
      const second = await world.keepTransaction(chargingOf("A", "8"));
      const steps = [
        { transaction: { ...first, lastMessageAtMs: 9 }, frames: [] },
        { transaction: { ...second, lastMessageAtMs: 9 }, frames: [4_711] },
      ];
      await expectCode(world.store.commitChargingFrames(steps), "STORE_UNAVAILABLE");
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([second, first]);
    });

    it("are listed by station, newest first: all that are open and the latest others", async function () {
      const open = await world.keepTransaction(chargingOf("A", "7"));
      const done = await world.keepTransaction(chargingOf("A", "8", { isOpen: false }));
      const again = await world.keepTransaction(chargingOf("A", "7", { isOpen: false }));
      await world.keepTransaction(chargingOf("B", "7"));
      expect(await world.store.listChargingTransactions("A")).to.deep.equal([again, done, open]);
      expect(await world.store.findChargingTransactions("A", "7")).to.deep.equal([again, open]);
      expect(await world.store.findChargingTransactions("A", "9")).to.deep.equal([]);
      expect(await world.store.listChargingTransactions("C")).to.deep.equal([]);
      expect(await world.store.findTransactionOfSession("0xs9")).to.equal(null);
    });

    it("have one session each, and a session has one of them", async function () {
      await world.openSessions("s1");
      await world.keepTransaction(chargingOf("A", "7", { sessionId: "0xs1" }));
      await expectCode(world.keepTransaction(chargingOf("A", "8", { sessionId: "0xs1" })), "STORE_UNAVAILABLE");
      expect((await world.store.listChargingTransactions("A")).length).to.equal(1);
    });

    it("are pursued while they are open and something is missing or to be stopped", async function () {
      const stop = (nextAtMs: number) => ({ nextAtMs, attempts: 1, isAccepted: false });
      const signed = await world.keepTransaction(chargingOf("A", "1", { endSignAtMs: 5 }));
      const stopped = await world.keepTransaction(chargingOf("A", "2", { stopOrder: stop(10) }));
      await world.keepTransaction(chargingOf("A", "3", { stopOrder: stop(11) }));
      await world.keepTransaction(chargingOf("A", "4", { endSignAtMs: 5, isOpen: false }));
      await world.keepTransaction(chargingOf("A", "5"));
      const found = await world.store.listTransactionsToPursue(10, 9);
      expect(ordinalsOf(found)).to.deep.equal([signed.ordinal, stopped.ordinal]);
      expect((await world.store.listTransactionsToPursue(10, 1)).length).to.equal(1);
      // Put off before the clock was set back.
      const ahead = await world.keepTransaction(chargingOf("A", "6", { stopOrder: stop(86_400_000) }));
      expect(ordinalsOf(await world.store.listTransactionsToPursue(10, 9))).to.include(ahead.ordinal);
    });

    it("are assessed when they are over and their session waits for that", async function () {
      await world.openSessions("s1", "s2", "s3");
      const over = { isOpen: false } as const;
      const waiting = await world.keepTransaction(chargingOf("A", "1", { ...over, sessionId: "0xs1" }));
      await world.keepTransaction(chargingOf("A", "2", { sessionId: "0xs2" }));
      await world.keepTransaction(chargingOf("A", "3", { ...over, sessionId: "0xs3", assessDueAtMs: 4 }));
      await world.keepTransaction(chargingOf("A", "4", over));
      expect(ordinalsOf(await world.store.listTransactionsToAssess(9))).to.deep.equal([waiting.ordinal]);
      expect(await world.store.listTransactionsToAssess(0)).to.deep.equal([]);
      await world.complete("0xs1", "r1", 1n);
      expect(await world.store.listTransactionsToAssess(9)).to.deep.equal([]);
    });

    it("are looked at again when that is due, the longest due first", async function () {
      const late = await world.keepTransaction(chargingOf("A", "1", { assessDueAtMs: 9 }));
      const early = await world.keepTransaction(chargingOf("A", "2", { assessDueAtMs: 4 }));
      await world.keepTransaction(chargingOf("A", "3", { assessDueAtMs: 11 }));
      await world.keepTransaction(chargingOf("A", "4"));
      expect(ordinalsOf(await world.store.listTransactionsDue(10, 9))).to.deep.equal([early.ordinal, late.ordinal]);
      expect((await world.store.listTransactionsDue(10, 1)).length).to.equal(1);
    });

    it("of 2.x are awaited after their end while messages are missing, until their time is over", async function () {
      const waits = { assessDueAtMs: 20, waitUntilMs: 30, assessment: lacking };
      const awaited = await world.keepTransaction(chargingOf("A", "1", { protocol: "ocpp2.0.1", ...waits }));
      await world.keepTransaction(chargingOf("A", "2", waits));
      await world.keepTransaction(chargingOf("A", "3", { protocol: "ocpp2.0.1", ...waits, waitUntilMs: 5 }));
      await world.keepTransaction(chargingOf("A", "4", { protocol: "ocpp2.0.1", ...waits, assessDueAtMs: 10 }));
      const whole = { ...lacking, flags: [] };
      await world.keepTransaction(chargingOf("A", "5", { protocol: "ocpp2.0.1", ...waits, assessment: whole }));
      await world.keepTransaction(chargingOf("A", "6", { protocol: "ocpp2.0.1", ...waits, assessment: null }));
      expect(ordinalsOf(await world.store.listTransactionsAwaited(10, 9))).to.deep.equal([awaited.ordinal]);
      expect(await world.store.listTransactionsAwaited(10, 0)).to.deep.equal([]);
    });
  });

  describe("Sessions that stations are to begin", function () {
    const startOf = (sessionId: string, other: Partial<SessionStart> = {}): SessionStart => ({
      ...{ sessionId, sinceMs: 1, nextAtMs: 10, askedAtMs: null, attempts: 0, mayHaveBegun: false },
      inquiredAtMs: null,
      ...other,
    });

    it("are due at stations that were connected once, until a transaction or a card has them", async function () {
      await world.openSessions("s1", "s2");
      expect(await world.store.listDueStarts(10, 9)).to.deep.equal([]);
      await world.store.putStation({ stationId: "A", apiKeySha256: "01", evses: [1] });
      expect(await world.store.listDueStarts(10, 9)).to.deep.equal([]);
      await world.store.noteStationSeen("A", { protocol: "ocpp1.6", securityProfile: 1, atMs: 1 });
      const start = startOf("0xs2");
      await world.store.putStart(start);
      expect(await world.store.listDueStarts(10, 9)).to.deep.equal([
        { session: await world.session("0xs1"), start: null },
        { session: await world.session("0xs2"), start },
      ]);
      expect((await world.store.listDueStarts(10, 1)).length).to.equal(1);
      expect((await world.store.listDueStarts(9, 9)).map(({ session }) => session.sessionId)).to.deep.equal(["0xs1"]);
      // Put off before the clock was set back.
      await world.store.putStart({ ...start, nextAtMs: 86_400_000 });
      expect((await world.store.listDueStarts(9, 9)).length).to.equal(2);
      await world.keepTransaction(chargingOf("A", "7", { sessionId: "0xs1" }));
      expect((await world.store.listDueStarts(10, 9)).map(({ session }) => session.sessionId)).to.deep.equal(["0xs2"]);
    });

    it("keep what was done about them, from when they could first be started", async function () {
      await world.openSessions("s1");
      expect(await world.store.findStart("0xs1")).to.equal(null);
      await world.store.putStart(startOf("0xs1"));
      const later = startOf("0xs1", { sinceMs: 99, nextAtMs: 20, askedAtMs: 5, attempts: 2, mayHaveBegun: true });
      await world.store.putStart(later);
      await world.reopen();
      expect(await world.store.findStart("0xs1")).to.deep.equal({ ...later, sinceMs: 1 });
      await expectCode(world.store.putStart(startOf("0xs9")), "STORE_UNAVAILABLE");
    });

    it("are given up or begun, whichever comes first, and never both", async function () {
      await world.openSessions("s1", "s2", "s3");
      const event = { kind: "service-refused", reason: "SESSION_CANCELLED" } as const;
      const giveUp = async (sessionId: string): Promise<string> => {
        const { state, sequence } = await world.session(sessionId);
        const next = transition(state, event);
        const change = { sessionId, expectedSequence: sequence, events: [event], next, atMs: 5 };
        return (await world.store.commitStep({ session: { change, cdr: null, acts: [], isUnbegun: true } })).outcome;
      };
      expect(await giveUp("0xs1")).to.equal("stored");
      expect(await world.store.beginStart(startOf("0xs1"))).to.equal(false);
      expect(await world.store.findStart("0xs1")).to.equal(null);
      expect(await world.store.beginStart(startOf("0xs9"))).to.equal(false);

      const asked = startOf("0xs2", { askedAtMs: 5, attempts: 1 });
      expect(await world.store.beginStart(asked)).to.equal(true);
      expect(await world.store.findStart("0xs2")).to.deep.equal({ ...asked, mayHaveBegun: true });
      expect(await giveUp("0xs2")).to.equal("stale");
      expect((await world.session("0xs2")).state.status).to.equal("opened");
      // Its charger has refused.
      await world.store.putStart(asked);
      expect(await giveUp("0xs2")).to.equal("stored");

      await world.keepTransaction(chargingOf("A", "7", { sessionId: "0xs3" }));
      expect(await giveUp("0xs3")).to.equal("stale");
    });

    it("are given up or begun by two at once, and never both", async function () {
      const names = Array.from({ length: 20 }, (_, index) => `t${index}`);
      await world.openSessions(...names);
      const event = { kind: "service-refused", reason: "SESSION_CANCELLED" } as const;
      for (const name of names) {
        const sessionId = `0x${name}`;
        const { state, sequence } = await world.session(sessionId);
        const change = {
          ...{ sessionId, expectedSequence: sequence, events: [event] },
          ...{ next: transition(state, event), atMs: 5 },
        };
        const [isBegun, { outcome }] = await Promise.all([
          world.store.beginStart(startOf(sessionId)),
          world.store.commitStep({ session: { change, cdr: null, acts: [], isUnbegun: true } }),
        ]);
        expect(isBegun).to.equal(outcome === "stale");
      }
    });

    it("keep the greatest cap that a driver has consented to", async function () {
      await world.openSessions("s1");
      const consent = (capMicro: bigint) => ({ sessionId: "0xs1", capMicro, signature: `0x${capMicro}` });
      expect(await world.store.findConsent("0xs1")).to.equal(null);
      expect(await world.store.putConsent(consent(5n), 1)).to.deep.equal(consent(5n));
      expect(await world.store.putConsent(consent(2n ** 64n - 1n), 2)).to.deep.equal(consent(2n ** 64n - 1n));
      expect(await world.store.putConsent(consent(7n), 3)).to.deep.equal(consent(2n ** 64n - 1n));
      await world.reopen();
      expect(await world.store.findConsent("0xs1")).to.deep.equal(consent(2n ** 64n - 1n));
    });
  });
}
