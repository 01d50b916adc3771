import { expect } from "chai";

import type { Closing, LogPosition, SessionEvent, SessionState } from "../../../services/domain/session.ts";
import { isTakingRecords, openSession, sessionStatuses, transition } from "../../../services/domain/session.ts";
import { WattproofError } from "../../../services/errors.ts";
import { testOpening } from "../../helpers/test-opening.ts";

const position: LogPosition = { txHash: "0x01", blockNumber: 5, blockHash: "0x05", logIndex: 0 };
const opened = { kind: "opened", opening: { ...position, ...testOpening }, unservableReason: null } as const;
const settled: Closing = {
  kind: "settled",
  position,
  energyMicroWh: 1n,
  chargingSeconds: 1,
  connectedSeconds: 1,
  chargedMicro: 1n,
  returnedMicro: 1n,
  batch: null,
  isReadable: null,
};
const heldAssessment = {
  grade: "plausible-unsigned",
  reasons: ["UNSIGNED"],
  flags: [],
  energyWh: "1",
  hold: "CAP_NOT_AGREED",
} as const;
const events = {
  opened,
  added: { kind: "evidence-added" },
  begun: { kind: "evidence-begun" },
  completed: { kind: "evidence-completed" },
  gap: { kind: "evidence-disputed", reason: "GAP", isFinal: false },
  contradiction: { kind: "evidence-disputed", reason: "CONTRADICTION", isFinal: true },
  held: { kind: "evidence-held", assessment: heldAssessment, dispute: null },
  doubted: { kind: "evidence-held", assessment: heldAssessment, dispute: { reason: "RESET", isFinal: false } },
  agreed: { kind: "evidence-completed", assessment: { ...heldAssessment, hold: null } },
  flagged: { kind: "evidence-flagged", flags: ["LATE_MESSAGE"] },
  batched: { kind: "batched", batchId: "b" },
  released: { kind: "released", isFailedAttempt: false, attemptLimit: 2 },
  reverted: { kind: "released", isFailedAttempt: true, attemptLimit: 2 },
  settled: { kind: "closed", closing: settled, reason: null },
  expired: { kind: "closed", closing: { kind: "expired", position, returnedMicro: 2n }, reason: null },
  skipped: { kind: "closed", closing: { kind: "skipped", position }, reason: "NO_LIVE_SESSION" },
  retried: { kind: "retried" },
  closingUndone: { kind: "closing-reorganised" },
  openingUndone: { kind: "opening-reorganised" },
} as const satisfies Record<string, SessionEvent>;
type EventName = keyof typeof events;

function after(...names: readonly EventName[]): SessionState {
  return names.map((name): SessionEvent => events[name]).reduce(transition, openSession(opened));
}

describe("The life of a session", function () {
  const illegal: readonly (readonly [string, readonly EventName[]])[] = [
    ["be batched before it is complete", ["begun", "batched"]],
    ["be batched while it is disputed", ["completed", "contradiction", "batched"]],
    ["be batched twice", ["completed", "batched", "batched"]],
    ["be released without a batch", ["completed", "released"]],
    ["take records while a batch carries it", ["completed", "batched", "added"]],
    ["take records after its own were settled", ["completed", "batched", "settled", "completed"]],
    ["take a contradiction after its own records were settled", ["completed", "batched", "settled", "contradiction"]],
    ["take records after it expired", ["expired", "begun"]],
    ["be opened while it is open", ["opened"]],
    ["be tried again unless it was given up", ["completed", "batched", "retried"]],
    ["be tried again after it was settled", ["settled", "retried"]],
    ["have an end undone that it does not have", ["begun", "closingUndone"]],
  ];
  for (const [name, path] of illegal) {
    it(`cannot ${name}`, function () {
      const before = after(...path.slice(0, -1));
      const last = path.at(-1);
      expect(() => transition(before, events[last ?? "opened"]))
        .to.throw(WattproofError)
        .with.property("code", "SESSION_EVENT_ILLEGAL");
    });
  }

  const ways: readonly (readonly [readonly EventName[], Partial<SessionState>])[] = [
    [[], { status: "opened", stage: "none" }],
    [["added"], { status: "opened", stage: "none" }],
    [["begun"], { status: "charging", stage: "begun" }],
    [["begun", "added"], { status: "charging", stage: "begun" }],
    [["begun", "held"], { status: "held", stage: "begun", assessment: heldAssessment }],
    [["begun", "held", "agreed"], { status: "completed", dispute: null }],
    [["begun", "doubted"], { status: "disputed" }],
    [["begun", "doubted", "agreed"], { status: "completed", dispute: null }],
    [["contradiction", "held"], { status: "disputed", dispute: { reason: "CONTRADICTION", isFinal: true } }],
    [["held", "agreed", "flagged"], { status: "completed" }],
    [["begun", "completed"], { status: "completed", stage: "complete" }],
    [["completed"], { status: "completed", stage: "complete" }],
    [["completed", "begun"], { status: "completed", stage: "complete" }],
    [["begun", "gap"], { status: "disputed", stage: "begun", dispute: { reason: "GAP", isFinal: false } }],
    [["begun", "gap", "completed"], { status: "completed", dispute: null }],
    [["begun", "gap", "contradiction"], { status: "disputed", dispute: { reason: "CONTRADICTION", isFinal: true } }],
    [["contradiction", "gap"], { status: "disputed", dispute: { reason: "CONTRADICTION", isFinal: true } }],
    [["contradiction", "completed"], { status: "disputed", stage: "complete" }],
    [["completed", "batched"], { status: "batched", batchId: "b" }],
    [["completed", "batched", "released"], { status: "completed", batchId: null, failedAttempts: 0 }],
    [["completed", "batched", "reverted"], { status: "completed", batchId: null, failedAttempts: 1 }],
    [
      ["completed", "batched", "reverted", "batched", "reverted"],
      { status: "skipped", reason: "SETTLEMENT_ATTEMPTS_EXHAUSTED", failedAttempts: 2 },
    ],
    [["completed", "batched", "settled"], { status: "settled", closing: settled }],
    [["settled"], { status: "settled", stage: "none" }],
    [["settled", "completed"], { status: "settled", stage: "complete" }],
    [["contradiction", "expired"], { status: "expired" }],
    [["completed", "batched", "skipped"], { status: "skipped", reason: "NO_LIVE_SESSION" }],
    [
      ["completed", "batched", "skipped", "retried"],
      { status: "completed", reason: null, closing: null, batchId: null, failedAttempts: 0 },
    ],
    [["completed", "batched", "skipped", "expired"], { status: "expired", reason: null }],
    [["completed", "batched", "settled", "skipped"], { status: "settled", closing: settled }],
    [["completed", "batched", "settled", "expired"], { status: "settled", closing: settled }],
    [["completed", "batched", "settled", "closingUndone"], { status: "batched", batchId: "b", closing: null }],
    [["begun", "expired", "closingUndone"], { status: "charging", closing: null }],
    [["contradiction", "expired", "closingUndone"], { status: "disputed" }],
    [["completed", "batched", "expired", "released"], { status: "expired", batchId: null, failedAttempts: 0 }],
    [["completed", "batched", "expired", "released", "closingUndone"], { status: "completed", batchId: null }],
    [
      ["completed", "batched", "reverted", "batched", "reverted", "openingUndone", "opened"],
      { status: "completed", failedAttempts: 0, reason: null },
    ],
    [["openingUndone"], { status: "unconfirmed" }],
    [["openingUndone", "begun"], { status: "unconfirmed", stage: "begun" }],
    [["openingUndone", "completed", "opened"], { status: "completed", batchId: null }],
    [["completed", "batched", "openingUndone", "skipped"], { status: "unconfirmed", batchId: null }],
    [["completed", "batched", "openingUndone", "released"], { status: "unconfirmed", batchId: null }],
    [["completed", "batched", "skipped", "opened"], { status: "completed", batchId: null, closing: null }],
  ];
  for (const [path, expected] of ways) {
    it(`goes from opened by ${path.join(", ") || "nothing"} to ${String(expected.status)}`, function () {
      expect(after(...path)).to.deep.include(expected);
    });
  }

  it("cannot be served if there was an obstacle, until it is opened again without", function () {
    const state = openSession({ ...opened, unservableReason: "METER_UNKNOWN" });
    expect(state).to.deep.include({ status: "unservable", reason: "METER_UNKNOWN" });
    expect(isTakingRecords(state)).to.equal(false);
    expect(transition(transition(state, events.openingUndone), opened)).to.deep.include({
      status: "opened",
      reason: null,
    });
  });

  it("takes records at a price that is not offered, and stays unserved until they are held", function () {
    const refused = openSession({ ...opened, unservableReason: "TARIFF_NOT_ASSIGNED" });
    expect([refused.status, isTakingRecords(refused)]).to.deep.equal(["unservable", true]);
    const begun = transition(refused, { kind: "evidence-begun" });
    expect(begun).to.deep.include({ status: "unservable", stage: "begun" });
    const assessment = { grade: "meter-signed-bound", reasons: [], flags: [], energyWh: "1", hold: "X" } as const;
    const held = transition(begun, { kind: "evidence-held", assessment, dispute: null });
    expect(held).to.deep.include({ status: "held", reason: "TARIFF_NOT_ASSIGNED" });
    expect(isTakingRecords(held)).to.equal(true);
    const disputed = transition(begun, { kind: "evidence-disputed", reason: "R", isFinal: true });
    expect(disputed).to.deep.include({ status: "disputed", reason: "TARIFF_NOT_ASSIGNED" });
  });

  it("is refused service before anything has begun, and never after", function () {
    const event = { kind: "service-refused", reason: "TARIFF_NOT_ASSIGNED" } as const;
    expect(transition(after(), event)).to.deep.include({ status: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
    for (const path of [["begun"], ["completed"], ["openingUndone"], ["expired"]] as const) {
      expect(() => transition(after(...path), event), path.join()).to.throw(WattproofError);
    }
  });

  it("never leaves settled or expired by anything but an undone block, whatever happens", function () {
    for (const end of ["settled", "expired"] as const) {
      for (const name of Object.keys(events)) {
        if (name === "closingUndone" || name === "openingUndone") continue;
        const event = Object.entries(events).find(([key]) => key === name)?.[1] ?? opened;
        let next = after("completed", "batched", end);
        try {
          next = transition(next, event);
        } catch (error) {
          expect(error).to.be.instanceOf(WattproofError);
        }
        expect(next.status).to.equal(end);
      }
    }
  });

  it("takes records in exactly these states", function () {
    const taking = sessionStatuses.filter((status) => isTakingRecords({ ...after(), status }));
    expect(taking).to.deep.equal(["opened", "charging", "held", "completed", "disputed", "unconfirmed"]);
  });
});

describe("Sums of a session", function () {
  const at = (blockNumber: number, logIndex: number): LogPosition => ({
    txHash: `0x${blockNumber}`,
    blockNumber,
    blockHash: `0x${blockNumber}`,
    logIndex,
  });
  const refunds = [
    { kind: "refunded", position: at(10, 0), amountMicro: 1n },
    { kind: "refunded", position: at(10, 3), amountMicro: 20n },
    { kind: "refunded", position: at(12, 1), amountMicro: 300n },
    { kind: "refunded", position: at(2_000, 0), amountMicro: 4_000n },
  ] as const;
  const topUps = [
    { kind: "topped-up", topUp: { position: at(10, 0), totalMicro: 1n } },
    { kind: "topped-up", topUp: { position: at(10, 3), totalMicro: 21n } },
    { kind: "topped-up", topUp: { position: at(12, 1), totalMicro: 321n } },
    { kind: "topped-up", topUp: { position: at(2_000, 0), totalMicro: 4_321n } },
  ] as const;

  for (const [name, steps] of Object.entries<readonly SessionEvent[]>({ refunds, topUps })) {
    it(`are the same in whatever order ${name} are found, and as of a block`, function () {
      const expected = steps.reduce<SessionState>(transition, openSession(opened));
      for (const order of permutationsOf(steps)) {
        const state = order.reduce<SessionState>(transition, openSession(opened));
        const undone = transition(state, { kind: "amounts-reorganised", aboveBlock: 1_999 });
        const totals = [state, undone].map(
          (each) => each[name === "refunds" ? "refunds" : "topUps"].at(-1)?.totalMicro,
        );
        expect(totals).to.deep.equal([4_321n, 321n]);
        expect(state.refunds).to.deep.equal(expected.refunds);
        expect(state.topUps).to.deep.equal(expected.topUps);
      }
    });
  }
});

function permutationsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutationsOf(items.filter((_other, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
