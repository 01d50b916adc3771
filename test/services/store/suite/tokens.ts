import { expect } from "chai";

import type { ChargingTransaction } from "../../../../services/store/charging.ts";
import type { IdTokenBinding, TokenOpening } from "../../../../services/store/tokens.ts";
import { block, chargingOf, newSession } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

const consent = {
  driver: "0x1",
  lane: 1,
  vehicleKey: "0x2",
  operators: ["0x3"],
  sessionCapMicro: 2n ** 64n - 1n,
  periodCapMicro: 2n ** 64n - 1n,
  periodSeconds: 1,
  expiresAt: 1,
};

/** What is kept about a transaction that began with a bound idToken. */
export function openingOf(transaction: ChargingTransaction, other: Partial<TokenOpening> = {}): TokenOpening {
  return {
    ordinal: transaction.ordinal,
    stationId: transaction.stationId,
    ocppTransactionId: transaction.ocppTransactionId,
    idToken: "04AA",
    account: "0x1:1",
    status: "prepared",
    intent: null,
    reason: null,
    attempts: 0,
    nextAtMs: 10,
    atMs: 1,
    ...other,
  };
}

export function describeTokens(world: StoreWorld): void {
  describe("Cards and vehicles", function () {
    const bindingOf = (idToken: string, other: Partial<IdTokenBinding> = {}): IdTokenBinding => ({
      ...{ idToken, type: "ISO14443", furtherTypes: [], consentId: "c", consent, tariffId: "0xt", agreement: 0 },
      ...{ holdMicro: 2n ** 64n - 1n, certificatePem: null, boundAtMs: 1 },
      ...other,
    });
    const intentOf = (name: string) => {
      const { sessionId, terms } = newSession(name, 1);
      return { sessionId, consent, terms, signature: "0x", blockNumber: 1 };
    };
    const begin = (id: string, idToken = "04aa", lastMessageAtMs = 10) =>
      world.keepTransaction(chargingOf("A", id, { idToken, lastMessageAtMs }));

    it("are bound, replaced whole, listed in order and taken away", async function () {
      await world.store.putIdTokenBinding(bindingOf("B", { certificatePem: "pem", furtherTypes: ["ISO15693"] }));
      await world.store.putIdTokenBinding(bindingOf("A"));
      const replaced = bindingOf("B", { type: "eMAID", consentId: "d", agreement: 3 });
      await world.store.putIdTokenBinding(replaced);
      await world.reopen();
      expect(await world.store.findIdTokenBinding("B")).to.deep.equal(replaced);
      expect(await world.store.listIdTokenBindings(9)).to.deep.equal([bindingOf("A"), replaced]);
      expect(await world.store.listIdTokenBindings(1)).to.deep.equal([bindingOf("A")]);
      expect(await world.store.removeIdTokenBinding("B")).to.equal(true);
      expect(await world.store.removeIdTokenBinding("B")).to.equal(false);
      expect(await world.store.findIdTokenBinding("B")).to.equal(null);
    });

    it("open a session for a transaction about which nothing was decided, oldest first", async function () {
      await world.openSessions("s1");
      const first = await begin("1");
      expect(await world.store.listTransactionsToOpen(0, 9)).to.deep.equal([]);
      await world.store.putIdTokenBinding(bindingOf("04AA"));
      await world.store.putIdTokenBinding(bindingOf("DEABC", { type: "eMAID" }));
      const second = await begin("2", "DE-ABC");
      await begin("3", "04-AA");
      await begin("4", "04AA", 4);
      await world.keepTransaction(chargingOf("A", "5", { idToken: "04AA", sessionId: "0xs1", lastMessageAtMs: 10 }));
      const decided = await begin("6");
      await world.store.putTokenOpening(openingOf(decided, { status: "refused" }));
      expect(await world.store.listTransactionsToOpen(5, 9)).to.deep.equal([first, second]);
      expect(await world.store.listTransactionsToOpen(5, 1)).to.deep.equal([first]);
    });

    it("keep the first thing that was decided about a transaction", async function () {
      const transaction = await begin("1");
      const opening = openingOf(transaction, { intent: intentOf("s1") });
      expect(await world.store.putTokenOpening(opening)).to.deep.equal(opening);
      const other = openingOf(transaction, { status: "refused", intent: null, reason: "WHY" });
      expect(await world.store.putTokenOpening(other)).to.deep.equal(opening);
      const step = { status: "open", reason: "R", attempts: 2, nextAtMs: 99 } as const;
      await world.store.updateTokenOpening({ ordinal: transaction.ordinal, ...step });
      await world.store.updateTokenOpening({ ordinal: 4_711, ...step });
      await world.reopen();
      expect(await world.store.findTokenOpening("A", "1")).to.deep.equal({ ...opening, ...step });
      expect(await world.store.findTokenOpening("A", "2")).to.equal(null);
      expect(await world.store.listTokenOpenings(null, 9)).to.have.length(1);
    });

    it("are found by transaction, by account while they are on their way, and by station while they charge", async function () {
      const old = await begin("1");
      const now = await begin("1");
      await world.store.putTokenOpening(openingOf(old, { status: "refused", reason: "WHY" }));
      expect(await world.store.findPreparedOpening("0x1:1")).to.equal(null);
      expect(await world.store.hasRunningOpening("A", "04AA")).to.equal(false);
      await world.store.putTokenOpening(openingOf(now));
      expect((await world.store.findTokenOpening("A", "1"))?.ordinal).to.equal(now.ordinal);
      expect((await world.store.findPreparedOpening("0x1:1"))?.ordinal).to.equal(now.ordinal);
      expect(await world.store.hasRunningOpening("A", "04AA")).to.equal(true);
      expect(await world.store.hasRunningOpening("B", "04AA")).to.equal(false);
      await world.keepTransaction({ ...now, isOpen: false });
      expect(await world.store.hasRunningOpening("A", "04AA")).to.equal(false);
    });

    it("are pursued when they are due or their session is there, also where it was refused", async function () {
      const due = await begin("1");
      const later = await begin("2");
      const there = await begin("3");
      const refused = await begin("4");
      const gone = await begin("5");
      await world.store.putTokenOpening(openingOf(due, { nextAtMs: 1_000 }));
      await world.store.putTokenOpening(openingOf(later, { nextAtMs: 1_001 }));
      await world.store.putTokenOpening(openingOf(there, { nextAtMs: 1_001, status: "open", intent: intentOf("s3") }));
      await world.store.putTokenOpening(openingOf(refused, { status: "refused", intent: intentOf("s4") }));
      await world.store.putTokenOpening(openingOf(gone, { status: "refused", intent: intentOf("s5") }));
      const ordinals = async (limit: number) =>
        (await world.store.listOpeningsToPursue(1_000, limit)).map(({ ordinal }) => ordinal);
      expect(await ordinals(9)).to.deep.equal([due.ordinal]);
      await world.progress({ cursor: block(1), openings: [newSession("s3", 1), newSession("s4", 1)] });
      expect(await ordinals(9)).to.deep.equal([due.ordinal, there.ordinal, refused.ordinal]);
      expect(await ordinals(1)).to.deep.equal([due.ordinal]);
    });

    it("are listed newest first, all or those in one status", async function () {
      const [first, second] = [await begin("1"), await begin("2")];
      await world.store.putTokenOpening(openingOf(first, { status: "refused" }));
      await world.store.putTokenOpening(openingOf(second));
      const ordinals = async (status: TokenOpening["status"] | null, limit: number) =>
        (await world.store.listTokenOpenings(status, limit)).map(({ ordinal }) => ordinal);
      expect(await ordinals(null, 9)).to.deep.equal([second.ordinal, first.ordinal]);
      expect(await ordinals(null, 1)).to.deep.equal([second.ordinal]);
      expect(await ordinals("refused", 9)).to.deep.equal([first.ordinal]);
      expect(await ordinals("attached", 9)).to.deep.equal([]);
    });
  });

  describe("Keys that show a session whole", function () {
    const key = (keySha256: string, atMs: number) => ({ sessionId: "0xs1", keySha256, atMs });

    it("are given once as a first key, and of each session the latest four are kept", async function () {
      await world.openSessions("s1");
      expect(await world.store.listViewKeys("0xs1")).to.deep.equal([]);
      await world.store.putFirstViewKey(key("k1", 1));
      await world.store.putFirstViewKey(key("other", 2));
      expect(await world.store.listViewKeys("0xs1")).to.deep.equal(["k1"]);
      for (const [index, name] of ["k2", "k3", "k2", "k4", "k5"].entries()) {
        await world.store.putViewKey(key(name, 3 + index));
      }
      await world.reopen();
      expect([...(await world.store.listViewKeys("0xs1"))].sort()).to.deep.equal(["k2", "k3", "k4", "k5"]);
      expect(await world.store.listViewKeys("0xs2")).to.deep.equal([]);
    });
  });
}
