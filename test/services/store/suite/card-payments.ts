import { expect } from "chai";

import type { CardPayment } from "../../../../services/store/card-payments.ts";
import { newSession, tariffId } from "../samples.ts";
import type { StoreWorld } from "../world.ts";

function payment(name: string, changes: Partial<CardPayment> = {}): CardPayment {
  return {
    ...{ paymentId: name, status: "authorizing", version: 0, evse: 7, tariffId, amountMinor: 2_000, currency: "EUR" },
    ...{ payByMs: 100, reference: null, reservation: null, pageUrl: null, intent: null, account: null, outcome: null },
    ...{ reason: null, owedMinor: null, capturedMinor: 0, refundedMinor: 0, disputedMinor: 0, missingMinor: 0 },
    ...{ failures: 0, toldAtMs: 0, createdAtMs: 1, statusSinceMs: 1, nextAtMs: 10 },
    ...changes,
  };
}

export function describeCardPayments(world: StoreWorld): void {
  describe("Payments by card", function () {
    it("keeps a payment once, and changes it only from the version that was seen", async function () {
      const { store } = world;
      expect(await store.findCardPayment("a")).to.equal(null);
      expect(await store.putCardPayment(payment("a"))).to.deep.equal(payment("a"));
      expect(await store.putCardPayment(payment("a", { evse: 8 }))).to.deep.equal(payment("a"));

      const { terms } = newSession("s", 1);
      const consent = {
        ...{ driver: "0xd", lane: 1, vehicleKey: "0xk", operators: ["0xo"] },
        ...{ sessionCapMicro: 2n ** 63n, periodCapMicro: 1n, periodSeconds: 1, expiresAt: 1 },
      };
      const intent = { sessionId: "0xs", consent, terms, signature: "0x", blockNumber: 1 };
      const opening = payment("a", { status: "opening", reference: "cs", reservation: "pi", account: "0xd:1", intent });
      expect(await store.updateCardPayment(opening)).to.equal("stored");
      expect(await store.updateCardPayment(opening)).to.equal("stale");
      expect(await store.updateCardPayment(payment("nobody"))).to.equal("stale");
      await world.reopen();
      expect(await world.store.findCardPayment("a")).to.deep.equal({ ...opening, version: 1 });
    });

    it("gives an account of the proxy to one payment at a time", async function () {
      const { store } = world;
      for (const name of ["a", "b"]) await store.putCardPayment(payment(name));
      expect(await store.updateCardPayment(payment("a", { account: "0xd:1" }))).to.equal("stored");
      expect(await store.updateCardPayment(payment("b", { account: "0xd:1" }))).to.equal("taken");
      expect(await store.findCardPayment("b")).to.deep.equal(payment("b"));
      expect(await store.listBusyCardAccounts()).to.deep.equal(["0xd:1"]);
      expect(await store.updateCardPayment(payment("a", { version: 1 }))).to.equal("stored");
      expect(await store.listBusyCardAccounts()).to.deep.equal([]);
      expect(await store.updateCardPayment(payment("b", { account: "0xd:1" }))).to.equal("stored");
    });

    it("lists what is due and what there is, and wakes what the provider names", async function () {
      const { store } = world;
      await store.putCardPayment(payment("a", { nextAtMs: 30, createdAtMs: 1, reference: "cs-a" }));
      await store.putCardPayment(
        payment("b", { nextAtMs: 20, createdAtMs: 2, reservation: "pi-b", status: "charging" }),
      );
      await store.putCardPayment(payment("c", { nextAtMs: null, createdAtMs: 3, reference: "cs-c", status: "closed" }));
      const names = (found: readonly CardPayment[]) => found.map(({ paymentId }) => paymentId);
      expect(names(await store.listDueCardPayments(19, 9))).to.deep.equal([]);
      expect(names(await store.listDueCardPayments(30, 9))).to.deep.equal(["b", "a"]);
      expect(names(await store.listDueCardPayments(30, 1))).to.deep.equal(["b"]);
      expect(names(await store.listCardPayments(null, 9))).to.deep.equal(["c", "b", "a"]);
      expect(names(await store.listCardPayments("charging", 9))).to.deep.equal(["b"]);

      expect(await store.wakeCardPayments(["nobody"], 5)).to.equal(0);
      expect(await store.wakeCardPayments(["cs-c", "pi-b"], 5)).to.equal(2);
      expect(names(await store.listDueCardPayments(5, 9))).to.deep.equal(["b", "c"]);
      // Who has looked before does not put off what woke it.
      expect(await store.updateCardPayment(payment("b", { nextAtMs: 900 }))).to.equal("stale");
    });
  });
}
