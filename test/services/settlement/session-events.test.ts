import { expect } from "chai";

import { openSession } from "../../../services/domain/session.ts";
import type { SessionChainEvent } from "../../../services/settlement/late-events.ts";
import { amountsOf, isOrphan } from "../../../services/settlement/session-events.ts";
import { testOpening } from "../../helpers/test-opening.ts";

const sessionId = `0x${"ab".repeat(32)}`;
const position = { txHash: `0x${"01".repeat(32)}`, blockNumber: 7, blockHash: `0x${"02".repeat(32)}`, logIndex: 0 };
const head = { sessionId, position } as const;
const opened = openSession({ kind: "opened", opening: { ...position, ...testOpening }, unservableReason: null });
const challenge = { challenger: `0x${"0c".repeat(20)}`, paidMicro: 9n, provenMicro: 4n };
const settlement = {
  ...{ energyMicroWh: 5n, chargingSeconds: 0, connectedSeconds: 0, chargedMicro: 9n, returnedMicro: 1n, batch: 3 },
  isReadable: true,
};

const needOpening: readonly SessionChainEvent[] = [
  { ...head, kind: "session-topped-up", toppedUpMicro: 1n },
  { ...head, kind: "session-settled", ...settlement },
  { ...head, kind: "session-expired", returnedMicro: 10n },
  { ...head, kind: "claim-challenged", ...challenge },
];
const needNothing: readonly SessionChainEvent[] = [
  { ...head, kind: "session-refunded", amountMicro: 1n },
  { ...head, kind: "settlement-skipped", reason: "NO_LIVE_SESSION" },
  { ...head, kind: "opening-skipped", reason: "HOLD_ABOVE_BALANCE" },
  {
    ...{ ...head, kind: "evidence-demanded", demander: challenge.challenger },
    ...{ evidenceRoot: `0x${"04".repeat(32)}`, answerableUntil: 1_000 },
  },
  { ...head, kind: "evidence-shown", answerer: challenge.challenger },
  { ...head, kind: "evidence-missing", driverMicro: 1n, operatorMicro: 2n, rewardMicro: 3n },
];

describe("What events of the chain rest on", function () {
  for (const event of needOpening) {
    it(`is lacking for ${event.kind} of a session that was never opened`, function () {
      expect(isOrphan(event, null)).to.equal(true);
    });
  }
  for (const event of needOpening) {
    it(`is there for ${event.kind} of a session that was opened`, function () {
      expect(isOrphan(event, opened)).to.equal(false);
    });
  }
  for (const event of needNothing) {
    it(`is nothing for ${event.kind}`, function () {
      expect(isOrphan(event, null)).to.equal(false);
    });
  }
});

describe("The events that change amounts of a session", function () {
  it("are the whole top-up, the refund, and a challenge", function () {
    const changes = [...needOpening, ...needNothing].map((event) => amountsOf(event)?.kind ?? null);
    expect(changes).to.deep.equal(["topped-up", null, null, "challenged", "refunded", null, null, null, null, null]);
  });

  it("carry what the chain said", function () {
    expect(amountsOf({ ...head, kind: "session-topped-up", toppedUpMicro: 12n })).to.deep.equal({
      kind: "topped-up",
      topUp: { position, totalMicro: 12n },
    });
    expect(amountsOf({ ...head, kind: "claim-challenged", ...challenge })).to.deep.equal({
      kind: "challenged",
      position,
      ...challenge,
    });
  });
});
