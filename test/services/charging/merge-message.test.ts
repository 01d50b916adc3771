import { expect } from "chai";

import { mergeMessage } from "../../../services/charging/merge-message.ts";
import { emptyTransaction } from "../../../services/charging/transaction-of-message.ts";
import type { NewChargingTransaction } from "../../../services/store/charging.ts";
import { epochMs, timeText, transactionId, transactionMessageOf } from "../../helpers/station-messages.ts";

const clock = { nowMs: epochMs + 1_000_000, waitMs: 60_000 };

const started = transactionMessageOf(
  "ocpp1.6",
  "StartTransaction",
  { connectorId: 2, idTag: "ABC", meterStart: 0, timestamp: timeText(0) },
  5,
  { assignedTransactionId: String(transactionId) },
);
const stoppedAt = (seconds: number) =>
  transactionMessageOf(
    "ocpp1.6",
    "StopTransaction",
    { transactionId, meterStop: 1_000, timestamp: timeText(seconds) },
    seconds + 5,
  );
const meteredAt = (seconds: number) =>
  transactionMessageOf(
    "ocpp1.6",
    "MeterValues",
    {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: timeText(seconds), sampledValue: [{ value: "500" }] }],
    },
    seconds,
  );
const begun: NewChargingTransaction = mergeMessage(emptyTransaction(started), started, null, clock);

describe("A transaction with one more message", function () {
  it("takes its place and its begin from the start", function () {
    expect(begun).to.deep.include({ evse: 2, connector: null, startedAtMs: epochMs, endedAtMs: null, isOpen: true });
  });

  it("keeps the place that it had", function () {
    expect(mergeMessage(begun, meteredAt(60), null, clock).evse).to.equal(2);
  });

  it("is over with the stop, and due at once, and waited for a while longer", function () {
    const ended = mergeMessage(begun, stoppedAt(600), null, clock);
    expect(ended).to.deep.include({ isOpen: false, endedAtMs: epochMs + 600_000, assessDueAtMs: clock.nowMs });
    expect(ended.waitUntilMs).to.equal(clock.nowMs + clock.waitMs);
  });

  it("keeps its first end when a second stop comes", function () {
    const later = { ...clock, nowMs: clock.nowMs + 1 };
    const twice = mergeMessage(mergeMessage(begun, stoppedAt(600), null, clock), stoppedAt(900), null, later);
    expect(twice).to.deep.include({ endedAtMs: epochMs + 600_000, assessDueAtMs: clock.nowMs });
  });

  it("goes on where a message is later than the sign of its end, and not where it is earlier", function () {
    const signed = { ...begun, endSignAtMs: epochMs + 300_000 };
    expect(mergeMessage(signed, meteredAt(301), null, clock).endSignAtMs).to.equal(null);
    expect(mergeMessage(signed, meteredAt(300), null, clock).endSignAtMs).to.equal(epochMs + 300_000);
  });

  it("has no order to stop once it is over", function () {
    const ordered = { ...begun, stopOrder: { nextAtMs: 1, attempts: 3, isAccepted: true } };
    expect(mergeMessage(ordered, meteredAt(60), null, clock).stopOrder).to.deep.equal(ordered.stopOrder);
    expect(mergeMessage(ordered, stoppedAt(60), null, clock).stopOrder).to.equal(null);
  });
});
