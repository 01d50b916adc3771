import { expect } from "chai";

import { createQuietTime } from "../../../services/charging/quiet-time.ts";
import { emptyTransaction } from "../../../services/charging/transaction-of-message.ts";
import type { ChargingTransaction } from "../../../services/store/charging.ts";
import type { StoredSession } from "../../../services/store/store.ts";
import { epochMs, stop16 } from "../../helpers/station-messages.ts";

const quietMs = 60_000;
const session = { terms: { expiresAt: epochMs / 1_000 + 86_400 } } as StoredSession;
const unsigned = { grade: "plausible-unsigned" } as const;
const transactionOf = (ordinal: number, lastMessageAtMs: number): ChargingTransaction => ({
  ...emptyTransaction(stop16(0, 1)),
  ...{ ordinal, revision: 0, lastMessageAtMs },
});

describe("Waiting until nothing more comes", function () {
  let wallMs: number;
  let elapsedMs: number;
  /** Right at the start, and steps never. */
  const steadyNow = () => epochMs - 5 + elapsedMs;
  const create = () =>
    createQuietTime({
      quietMs,
      now: () => wallMs,
      elapsedMs: () => elapsedMs,
      steadyNow,
    });
  const pass = (ms: number) => {
    wallMs += ms;
    elapsedMs += ms;
  };

  beforeEach(function () {
    wallMs = epochMs;
    elapsedMs = 5;
  });

  it("looks again when it has been quiet, and begins anew with each message", function () {
    const quiet = create();
    expect(quiet.lookAgainAtMs(transactionOf(1, wallMs), session, unsigned)).to.equal(epochMs + quietMs);
    pass(40_000);
    expect(quiet.takeOver()).to.deep.equal([]);
    expect(quiet.lookAgainAtMs(transactionOf(1, wallMs), session, unsigned)).to.equal(epochMs + 100_000);
    pass(60_000);
    expect(quiet.lookAgainAtMs(transactionOf(1, wallMs - 60_000), session, unsigned)).to.equal(null);
  });
  it("is not held up or cut short by a clock that steps", function () {
    for (const stepMs of [-7_200_000, 7_200_000]) {
      const quiet = create();
      const transaction = transactionOf(1, wallMs);
      quiet.lookAgainAtMs(transaction, session, unsigned);
      pass(30_000);
      wallMs += stepMs;
      expect(quiet.lookAgainAtMs(transaction, session, unsigned)).to.equal(steadyNow() + 30_000);
      expect(quiet.takeOver()).to.deep.equal([]);
      pass(30_000);
      expect(quiet.takeOver()).to.deep.equal([transaction]);
      expect(quiet.lookAgainAtMs(transaction, session, unsigned)).to.equal(null);
      expect(quiet.takeOver()).to.deep.equal([]);
    }
  });
  it("tells each that is over once, and forgets those that nobody asks about again", function () {
    const quiet = create();
    const transaction = transactionOf(1, wallMs);
    quiet.lookAgainAtMs(transaction, session, unsigned);
    pass(quietMs);
    expect(quiet.takeOver()).to.deep.equal([transaction]);
    expect(quiet.takeOver()).to.deep.equal([]);
    expect(quiet.takeOver()).to.deep.equal([]);
  });
  it("goes on after a restart by the service's own clock, and waits no longer than it says", function () {
    const transaction = transactionOf(1, wallMs);
    pass(45_000);
    expect(create().lookAgainAtMs(transaction, session, unsigned)).to.equal(steadyNow() + 15_000);
    pass(15_000);
    expect(create().lookAgainAtMs(transaction, session, unsigned)).to.equal(null);
    wallMs = epochMs - 7_200_000;
    expect(create().lookAgainAtMs(transaction, session, unsigned)).to.equal(steadyNow() + quietMs);
  });
  it("ends although a station does not stop sending", function () {
    const quiet = create();
    let rounds = 0;
    while (quiet.lookAgainAtMs(transactionOf(1, wallMs), session, unsigned) !== null) {
      pass(30_000);
      rounds += 1;
      expect(rounds).to.be.lessThan(30);
    }
    expect(rounds).to.equal(20);
  });
});
