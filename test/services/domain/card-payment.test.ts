import { expect } from "chai";

import {
  cardPaymentStatuses,
  holdOfMinor,
  isNextStatus,
  minorRoundedDown,
  minorRoundedUp,
  outcomeOf,
  owedMicroOf,
  stepToward,
  type CardAccount,
} from "../../../services/domain/card-payment.ts";
import type { Closing, LogPosition } from "../../../services/domain/session.ts";

const position: LogPosition = { txHash: "0x", blockNumber: 1, blockHash: "0x", logIndex: 0 };
const agreed: Closing = { kind: "agreed", position, chargedMicro: 5_000_000n, returnedMicro: 0n };

function account(changes: Partial<CardAccount>): CardAccount {
  return {
    ...{ status: "authorized", authorizedMinor: 2_000, capturedMinor: 0, refundedMinor: 0, disputedMinor: 0 },
    ...changes,
  };
}

describe("What a payment by card owes", function () {
  const open = { closing: null, challenge: null, refunds: [] };

  it("is unknown while the session is open or skipped, and nothing after it expired", function () {
    expect(owedMicroOf(open)).to.equal(null);
    expect(owedMicroOf({ ...open, closing: { kind: "skipped", position } })).to.equal(null);
    expect(owedMicroOf({ ...open, closing: { kind: "expired", position, returnedMicro: 1n } })).to.equal(0n);
  });

  it("is what was charged, without what came back later, and never below nothing", function () {
    expect(owedMicroOf({ ...open, closing: agreed })).to.equal(5_000_000n);
    const refunds = [{ position, totalMicro: 1_000_000n }];
    const challenge = { position, challenger: "0x", chargedMicro: 5_000_000n, provenMicro: 3_000_000n, earlier: null };
    expect(owedMicroOf({ closing: agreed, challenge, refunds })).to.equal(2_000_000n);
    expect(owedMicroOf({ ...open, closing: agreed, refunds: [{ position, totalMicro: 6_000_000n }] })).to.equal(0n);
  });

  it("rounds to the driver's favour, and reserves the whole hold", function () {
    expect([minorRoundedDown(19_999n), minorRoundedDown(20_000n)]).to.deep.equal([1, 2]);
    expect([minorRoundedUp(10_001n), minorRoundedUp(20_000n)]).to.deep.equal([2, 2]);
    expect(holdOfMinor(minorRoundedUp(10_001n))).to.equal(20_000n);
  });
});

describe("What the provider is told next", function () {
  it("closes a page, frees what is reserved, and takes no more than that", function () {
    expect(stepToward(0, account({ status: "awaiting-driver" }))).to.deep.equal({ kind: "release" });
    expect(stepToward(0, account({}))).to.deep.equal({ kind: "release" });
    expect(stepToward(437, account({}))).to.deep.equal({ kind: "capture", amountMinor: 437 });
    expect(stepToward(9_000, account({}))).to.deep.equal({ kind: "capture", amountMinor: 2_000 });
  });

  it("gives back what was taken too much, once, and nothing during a dispute", function () {
    const captured = account({ status: "captured", authorizedMinor: 0, capturedMinor: 500 });
    expect(stepToward(500, captured)).to.deep.equal({ kind: "done", missingMinor: 0 });
    expect(stepToward(300, captured)).to.deep.equal({ kind: "refund", amountMinor: 200 });
    expect(stepToward(300, { ...captured, refundedMinor: 200 })).to.deep.equal({ kind: "done", missingMinor: 0 });
    expect(stepToward(300, { ...captured, disputedMinor: 500 })).to.deep.equal({ kind: "done", missingMinor: 0 });
  });

  it("says what is lost", function () {
    expect(stepToward(500, account({ status: "released" }))).to.deep.equal({ kind: "done", missingMinor: 500 });
    const less = account({ status: "captured", capturedMinor: 400 });
    expect(stepToward(500, less)).to.deep.equal({ kind: "done", missingMinor: 100 });
    expect([outcomeOf(500, 100), outcomeOf(500, 0), outcomeOf(0, 0)]).to.deep.equal([
      "uncollected",
      "paid",
      "nothing-due",
    ]);
  });

  it("ends from every account in at most three steps, with what is owed or all that there is", function () {
    for (const status of ["awaiting-driver", "authorized", "captured", "released"] as const) {
      for (let owedMinor = 0; owedMinor <= 40; owedMinor += 1) {
        for (let captured = 0; captured <= 20; captured += 5) {
          const isCaptured = status === "captured";
          const begun = account({ status, authorizedMinor: 20, capturedMinor: isCaptured ? captured : 0 });
          const ended = followed(owedMinor, begun);
          const most = isCaptured ? captured : status === "authorized" ? 20 : 0;
          expect(ended.capturedMinor - ended.refundedMinor).to.equal(Math.min(owedMinor, most));
          expect(ended.status).to.be.oneOf(["captured", "released"]);
        }
      }
    }
  });

  /** A provider that does what it is told. */
  function followed(owedMinor: number, begun: CardAccount): CardAccount {
    let now = begun;
    for (let steps = 0; steps < 3; steps += 1) {
      const step = stepToward(owedMinor, now);
      if (step.kind === "done") return now;
      if (step.kind === "release") now = { ...now, status: "released" };
      if (step.kind === "capture") now = { ...now, status: "captured", capturedMinor: step.amountMinor };
      if (step.kind === "refund") now = { ...now, refundedMinor: now.refundedMinor + step.amountMinor };
    }
    expect(stepToward(owedMinor, now).kind).to.equal("done");
    return now;
  }
});

describe("The statuses of a payment by card", function () {
  it("lead nowhere from the end, and never past a reservation to a session", function () {
    const from = (status: (typeof cardPaymentStatuses)[number]) =>
      cardPaymentStatuses.filter((to) => to !== status && isNextStatus(status, to));
    expect(from("closed")).to.deep.equal([]);
    expect(from("authorizing")).to.deep.equal(["awaiting-driver", "closing", "closed"]);
    expect(from("opening")).to.deep.equal(["charging", "closing"]);
    expect(from("charging")).to.deep.equal(["closing"]);
    expect(from("closing")).to.deep.equal(["charging", "closed"]);
  });
});
