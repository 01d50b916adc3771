import { expect } from "chai";

import { chooseEnergySeries } from "../../../../services/domain/charging/energy-series.ts";
import {
  decideMissingStop,
  defaultMissingStopLimits,
  type OpenTransactionView,
} from "../../../../services/domain/charging/missing-stop.ts";
import { messageKeyOf, readingKeyOf, startKeyOf, stopKeyOf } from "../../../../services/domain/charging/natural-key.ts";
import { reviewSettled } from "../../../../services/domain/charging/settled-transaction.ts";
import {
  estimateClockSkewMs,
  isEvidenceTime,
  parseStationTime,
} from "../../../../services/domain/charging/station-time.ts";
import {
  chooseTransactionId,
  findDisplaced,
  greatestTransactionId,
  isEndSign,
  matchTransaction,
  type KnownTransaction,
} from "../../../../services/domain/charging/transaction-matching.ts";
import {
  assess,
  boot16,
  epochMs,
  event2,
  messageOf,
  sample16,
  start16,
  stationId,
  stop16,
  summaryOf,
  timeText,
  transactionId,
} from "../../../helpers/station-messages.ts";

const known: KnownTransaction = {
  stationId,
  ocppTransactionId: transactionId.toString(),
  plug: { evseId: null, connectorId: 1 },
  startedAtMs: epochMs,
  endedAtMs: null,
};

describe("failure mode 1: retry and replay", function () {
  it("disputes a different later stop and settles by the first", function () {
    const messages = [start16(0, 1_000), stop16(60, 1_100), stop16(60, 1_150, {}, { receivedAtSeconds: 100 })];
    const expected = { grade: "disputed", energyWh: "100", reasons: ["STOP_CONTRADICTED"], flags: [] };
    expect(summaryOf(assess(messages))).to.deep.equal(expected);
  });
  it("disputes two different ends of one transaction of 2.x", function () {
    const end = (seqNo: number, value: number) =>
      event2({ type: "Ended", seconds: 60, seqNo, values: [{ value, context: "Transaction.End" }] });
    const begin = event2({
      type: "Started",
      seconds: 0,
      seqNo: 0,
      values: [{ value: 0, context: "Transaction.Begin" }],
    });
    expect(assess([begin, end(1, 100), end(2, 120)]).reasons).to.deep.equal(["STOP_CONTRADICTED"]);
  });
  it("disputes two starts under one id of 2.x, as after a station forgot which it gave", function () {
    const first = event2({ type: "Started", seconds: 0, seqNo: 0 });
    const second = event2({ type: "Started", seconds: 30, seqNo: 0, values: [{ value: 7 }] });
    expect(assess([first, second]).reasons).to.include("START_CONTRADICTED");
  });
  it("takes a start that is sent again for the same start", function () {
    const retry = start16(0, 1_000, {}, { receivedAtSeconds: 40 });
    expect(startKeyOf(asStarted(retry))).to.equal(startKeyOf(asStarted(start16(0, 1_000))));
    expect(startKeyOf(asStarted(start16(0, 1_000, { idTag: "aabbccdd" })))).to.equal(startKeyOf(asStarted(retry)));
  });
  it("tells starts apart by station, connector, idTag, time and register", function () {
    const keys = [
      start16(0, 1_000),
      start16(0, 1_000, {}, { stationId: "CS-2" }),
      start16(0, 1_000, { connectorId: 2 }),
      start16(0, 1_000, { idTag: "EE" }),
      start16(1, 1_000),
      start16(0, 1_001),
    ].map((message) => startKeyOf(asStarted(message)));
    expect(new Set(keys).size).to.equal(keys.length);
  });
  it("takes a stop that is sent again for the same stop, although reason and idTag differ", function () {
    const messages = [start16(0, 1_000), stop16(60, 1_100), stop16(60, 1_100, { reason: "Reboot", idTag: "X" })];
    const expected = { grade: "plausible-unsigned", energyWh: "100", reasons: ["UNSIGNED"], flags: [] };
    expect(summaryOf(assess(messages))).to.deep.equal(expected);
    expect(stopKeyOf(asEnded(stop16(60, 1_100)))).to.equal(stopKeyOf(asEnded(stop16(60, 1_100, { reason: "Local" }))));
  });
  it("keeps events of 2.x that share a number and differ in content, and drops true repeats", function () {
    const update = (value: number) => event2({ type: "Updated", seconds: 30, seqNo: 0, values: [{ value }] });
    expect(messageKeyOf(update(1))).to.equal(messageKeyOf(update(1)));
    expect(messageKeyOf(update(1))).to.not.equal(messageKeyOf(update(2)));
  });
  it("names readings by what they say and not by the message that carries them", function () {
    const [first] = sample16(10, { value: "1.500", unit: "kWh" }).readings;
    const [again] = sample16(10, { value: "1500" }, { connectorId: 2 }).readings;
    const [other] = sample16(11, { value: "1500" }).readings;
    if (first === undefined || again === undefined || other === undefined) throw new Error("a reading is missing");
    expect(readingKeyOf(first)).to.equal(readingKeyOf(again));
    expect(readingKeyOf(other)).to.not.equal(readingKeyOf(first));
  });
});

describe("failure mode 3: offline replay", function () {
  it("assesses a transaction that arrives whole within 90 milliseconds by the times in it", function () {
    const at = { receivedAtSeconds: 95 };
    const messages = [start16(0, 151, {}, at), sample16(30, { value: "200" }, {}, at), stop16(60, 243, {}, at)];
    const assessment = assess(messages);
    const expected = { grade: "plausible-unsigned", energyWh: "92", reasons: ["UNSIGNED"], flags: [] };
    expect(summaryOf(assessment)).to.deep.equal(expected);
    expect(assessment.chargingSeconds).to.equal(60);
  });
  it("accepts an update that arrives before its start", function () {
    const update = event2({ type: "Updated", seconds: 30, seqNo: 1, values: [{ value: 50 }] });
    const begin = event2({
      type: "Started",
      seconds: 0,
      seqNo: 0,
      values: [{ value: 0 }],
      arrival: { receivedAtSeconds: 40 },
    });
    const end = event2({ type: "Ended", seconds: 60, seqNo: 2, values: [{ value: 110 }], members: { offline: true } });
    expect(summaryOf(assess([update, begin, end]))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "110",
      reasons: ["UNSIGNED"],
      flags: [],
    });
  });
});

describe("failure mode 4: out-of-order and duplicated readings", function () {
  const settledMessages = [start16(0, 0), sample16(30, { value: "50" }), stop16(60, 100)];
  const settled = {
    assessment: assess(settledMessages),
    messageKeys: settledMessages.map(messageKeyOf),
  };
  const inputOf = (messages: typeof settledMessages) => ({
    messages,
    station: { ratedPowerW: 11_000, registerModulusWh: null },
    signed: null,
    sessionIdTag: null,
  });

  it("never lets a late reading change what was settled, and shows that it contradicts", function () {
    const late = [sample16(40, { value: "0" }), sample16(50, { value: "10" })];
    const reviewed = reviewSettled(settled, inputOf([...settledMessages, ...late]));
    expect(reviewed).to.deep.equal({ ...settled.assessment, flags: ["LATE_MESSAGE", "LATE_CONTRADICTION"] });
  });
  it("shows a late reading that agrees as late and no more", function () {
    const reviewed = reviewSettled(settled, inputOf([...settledMessages, sample16(45, { value: "75" })]));
    expect(reviewed).to.deep.equal({ ...settled.assessment, flags: ["LATE_MESSAGE"] });
  });
  it("shows what is wrong with a late reading that changes no energy", function () {
    const reviewed = reviewSettled(settled, inputOf([...settledMessages, sample16(40, { value: "99999" })]));
    expect(reviewed).to.deep.equal({ ...settled.assessment, flags: ["READING_OUTLIER", "LATE_MESSAGE"] });
  });
  it("takes a late repeat for no news", function () {
    const repeat = sample16(30, { value: "50" }, {}, { receivedAtSeconds: 900 });
    expect(reviewSettled(settled, inputOf([...settledMessages, repeat]))).to.equal(settled.assessment);
  });
  it("sorts by time and counts a repeated reading once", function () {
    const messages = [stop16(60, 100), sample16(40, { value: "66" }), sample16(20, { value: "33" }), start16(0, 0)];
    const repeated = [...messages, sample16(20, { value: "33" }, { connectorId: 1 }, { receivedAtSeconds: 300 })];
    expect(assess(repeated)).to.deep.equal(assess(messages));
    expect(assess(messages).energyWh).to.equal("100");
  });
  it("leaves out what was measured before the begin or after the end", function () {
    const messages = [start16(0, 0), stop16(60, 100), sample16(-30, { value: "0" }), sample16(90, { value: "100" })];
    const expected = { grade: "plausible-unsigned", energyWh: "100", flags: ["READING_OUTSIDE_TRANSACTION"] };
    expect(summaryOf(assess(messages))).to.deep.equal({ ...expected, reasons: ["UNSIGNED"] });
  });
  it("holds the session where such a reading shows energy that does not count", function () {
    for (const outside of [sample16(90, { value: "500" }), sample16(-30, { value: "120" })]) {
      expect(summaryOf(assess([start16(0, 0), stop16(60, 100), outside]))).to.deep.equal({
        grade: "plausible-unsigned",
        energyWh: "100",
        reasons: ["UNSIGNED", "READING_BEYOND_ENDS"],
        flags: ["READING_OUTSIDE_TRANSACTION"],
      });
    }
    const before = [start16(0, 1_000), stop16(60, 1_100), sample16(-30, { value: "990" })];
    expect(assess(before).reasons).to.include("READING_BEYOND_ENDS");
  });
});

describe("failure mode 7: missing stop", function () {
  const minute = 60_000;
  const view: OpenTransactionView = {
    protocol: "ocpp1.6",
    nowMs: epochMs + 20 * minute,
    lastMessageAtMs: epochMs,
    sampleIntervalMs: minute,
    endSignAtMs: epochMs + minute,
    isConnected: true,
    askedAtMs: null,
  };
  const decide = (changes: Partial<OpenTransactionView>) =>
    decideMissingStop({ ...view, ...changes }, defaultMissingStopLimits);

  it("takes silence alone for no end", function () {
    expect(decide({ endSignAtMs: null, nowMs: epochMs + 3 * 24 * 60 * minute })).to.deep.equal({ kind: "none" });
  });
  it("waits a quarter of an hour, or two intervals of samples, before it calls it silence", function () {
    expect(decide({ nowMs: epochMs + 15 * minute - 1 })).to.deep.equal({ kind: "none" });
    expect(decide({ sampleIntervalMs: 15 * minute })).to.deep.equal({ kind: "none" });
    expect(decide({ nowMs: epochMs + 15 * minute }).kind).to.equal("ask");
  });
  it("asks a station in the words of its version", function () {
    expect(decide({})).to.deep.equal({ kind: "ask", action: "TriggerMessage" });
    expect(decide({ protocol: "ocpp2.1" })).to.deep.equal({ kind: "ask", action: "GetTransactionStatus" });
  });
  it("asks nobody who is not there, and nobody twice in a quarter of an hour", function () {
    expect(decide({ isConnected: false })).to.deep.equal({ kind: "wait-for-evidence" });
    expect(decide({ askedAtMs: epochMs + 10 * minute })).to.deep.equal({ kind: "wait-for-evidence" });
    expect(decide({ askedAtMs: epochMs + 5 * minute }).kind).to.equal("ask");
  });
  it("settles on the last reading when the grace is over", function () {
    const overAtMs = epochMs + 15 * minute + defaultMissingStopLimits.graceMs;
    expect(decide({ nowMs: overAtMs - 1 }).kind).to.equal("ask");
    expect(decide({ nowMs: overAtMs })).to.deep.equal({ kind: "settle-on-last-reading" });
  });
  it("counts to the last good reading and says that the stop is missing", function () {
    const assessment = assess([start16(0, 0), sample16(30, { value: "50" })]);
    expect(summaryOf(assessment)).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "50",
      reasons: ["UNSIGNED"],
      flags: ["STOP_MISSING"],
    });
    expect([assessment.isEnded, assessment.completeness]).to.deep.equal([false, "incomplete"]);
  });
  it("reads the end of a transaction from its outlet or its station, and from no other", function () {
    const status = (connectorId: number, seconds: number, state = "Available") =>
      messageOf(
        "ocpp1.6",
        "StatusNotification",
        { connectorId, errorCode: "NoError", status: state, timestamp: timeText(seconds) },
        seconds,
      );
    expect(isEndSign(status(2, 60), known)).to.equal(false);
    expect(isEndSign(status(0, 60), known)).to.equal(false);
    expect(isEndSign(status(1, 60, "Finishing"), known)).to.equal(false);
    expect(isEndSign(status(1, -5), known)).to.equal(false);
    expect(isEndSign({ ...boot16(60), stationId: "CS-2" }, known)).to.equal(false);
    expect(isEndSign(status(1, 60), known)).to.equal(true);
    expect(isEndSign(boot16(60), known)).to.equal(true);
  });
});

describe("failure mode 12: clock", function () {
  it("refuses times without zone, without date and of days that do not exist", function () {
    expect(parseStationTime("2026-03-01T10:00:00")).to.equal("TIME_WITHOUT_ZONE");
    for (const text of ["", "10:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z", "0"]) {
      expect(parseStationTime(text), text).to.equal("TIME_INVALID");
    }
  });
  it("reads offsets and fractions of any length", function () {
    const expected = { epochMs: epochMs + 123, resolutionMs: 1 };
    for (const text of [
      "2026-03-01T11:00:00.123456+01:00",
      "2026-03-01T04:30:00.123-05:30",
      "2026-03-01t10:00:00,1239z",
    ]) {
      expect(parseStationTime(text), text).to.deep.equal({ text, ...expected });
    }
    const text = "2026-03-01T10:00:00Z";
    expect(parseStationTime(text)).to.deep.equal({ text, epochMs, resolutionMs: 1_000 });
  });
  it("refuses as evidence what is from before 2020 or more than ten minutes ahead", function () {
    const timeAt = (ms: number) => ({ text: "", epochMs: ms, resolutionMs: 1 });
    expect(isEvidenceTime(timeAt(Date.UTC(2020, 0, 1) - 1), epochMs)).to.equal(false);
    expect(isEvidenceTime(timeAt(epochMs + 600_001), epochMs)).to.equal(false);
    expect(isEvidenceTime(timeAt(Date.UTC(2020, 0, 1)), epochMs)).to.equal(true);
    expect(isEvidenceTime(timeAt(epochMs + 600_000), epochMs)).to.equal(true);
  });
  it("leaves out a reading of 1970 and says so", function () {
    const at1970 = {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: "1970-01-01T00:00:10Z", sampledValue: [{ value: "9" }] }],
    };
    const messages = [start16(0, 0), sample16(30, { value: "50" }, at1970), stop16(60, 100)];
    expect(summaryOf(assess(messages))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "100",
      reasons: ["UNSIGNED"],
      flags: ["TIME_REFUSED"],
    });
  });
  it("notes a clock by its quickest message", function () {
    const early = { receivedAtSeconds: -360 };
    expect(assess([start16(0, 0, {}, early), stop16(60, 100, {}, { receivedAtSeconds: -300 })]).flags).to.deep.equal([
      "CLOCK_AHEAD",
    ]);
    const late = { receivedAtSeconds: 900 };
    expect(assess([start16(0, 0, {}, late), stop16(60, 100, {}, late)]).flags).to.deep.equal([
      "CLOCK_BEHIND_OR_REPLAYED",
    ]);
    expect(estimateClockSkewMs([])).to.equal(null);
  });
});

describe("failure mode 13: reboot in mid-session", function () {
  it("goes on in the same transaction if the register does", function () {
    const messages = [start16(0, 0), sample16(60, { value: "150" }), boot16(70), stop16(90, 200)];
    expect(summaryOf(assess(messages))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "200",
      reasons: ["UNSIGNED"],
      flags: ["STATION_REBOOTED"],
    });
  });
  it("takes the stop that a station sends twice after booting for one", function () {
    const late = { receivedAtSeconds: 120 };
    const messages = [
      start16(0, 0),
      boot16(110),
      stop16(60, 100, { reason: "PowerLoss" }, late),
      stop16(60, 100, { reason: "PowerLoss" }, late),
    ];
    expect(summaryOf(assess(messages))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "100",
      reasons: ["UNSIGNED"],
      flags: [],
    });
  });
});

describe("failure mode 14: transaction ids", function () {
  it("refuses randomness beyond 31 bits, and gives up when ten thousand ids in a row are taken", function () {
    for (const random of [-1, 0.5, 2 ** 31])
      expect(() => chooseTransactionId(random, () => false)).to.throw(RangeError);
    expect(() => chooseTransactionId(1, () => true)).to.throw(RangeError);
  });
  it("gives positive ids of 31 bits that were never given", function () {
    expect(chooseTransactionId(0, () => false)).to.equal(1);
    expect(chooseTransactionId(greatestTransactionId, (id) => id === greatestTransactionId)).to.equal(1);
    expect(chooseTransactionId(5, (id) => id < 8)).to.equal(8);
  });
  it("never finds another station's transaction", function () {
    expect(matchTransaction(stop16(60, 100, {}, { stationId: "CS-2" }), [known])).to.equal(null);
  });
  it("leaves a stop with an unknown id alone if two transactions may be meant", function () {
    const other = { ...known, ocppTransactionId: "12", plug: { evseId: null, connectorId: 2 } };
    for (const id of [-1, 0, 999]) {
      expect(matchTransaction(stop16(60, 100, { transactionId: id }), [known, other]), `${id}`).to.equal(null);
    }
  });
  it("matches a stop with an unknown id by the begin that it reports", function () {
    const other = { ...known, ocppTransactionId: "12", startedAtMs: epochMs + 5_000 };
    const transactionData = [{ timestamp: timeText(5), sampledValue: [{ value: "0", context: "Transaction.Begin" }] }];
    for (const id of [-1, 0, 999]) {
      const stop = stop16(60, 100, { transactionId: id, transactionData });
      expect(matchTransaction(stop, [known, other]), `${id}`).to.equal(other);
    }
  });
  it("never gives one transaction the stop of another that names another token", function () {
    const begun = { ...known, idToken: "TAG-OF-THIS-SESSION" };
    const stopOf = (idTag: string) => stop16(60, 100, { transactionId: -1, idTag });
    expect(matchTransaction(stopOf("TAG-OF-ANOTHER"), [begun])).to.equal(null);
    expect(matchTransaction(stopOf("tag-of-this-session"), [begun])).to.equal(begun);
  });
  it("matches it to the one transaction that is open, else to none", function () {
    const closed = { ...known, ocppTransactionId: "12", endedAtMs: epochMs + 1_000 };
    const stop = stop16(60, 100, { transactionId: -1 });
    expect(matchTransaction(stop, [closed, known])).to.equal(known);
    expect(matchTransaction(stop, [closed])).to.equal(null);
    expect(matchTransaction(stop, [{ ...known, startedAtMs: epochMs + 61_000 }])).to.equal(null);
  });
  it("gives a stop with an unknown id to an open transaction only if its register can have run on to it", function () {
    const at = (wh: number, meterStart = 1_000) => {
      const messages = [start16(0, meterStart), sample16(30, { value: String(wh) })];
      const { points } = chooseEnergySeries(messages, null);
      const register = { begin: points[0] ?? null, last: points.at(-1) ?? null, ratedPowerW: 50_000 };
      return { ...known, register };
    };
    const stop = (meterStop: number, members = {}) => stop16(60, meterStop, { transactionId: -1, ...members });
    const taken = at(1_300);
    expect(matchTransaction(stop(1_500), [taken])).to.equal(taken);
    // Lower than it was, or higher than it can be in half a minute of 50 kW.
    for (const meterStop of [1_299 - 1, 0, 1_740, 9_000_000]) {
      expect(matchTransaction(stop(meterStop), [at(1_300)]), `${meterStop}`).to.equal(null);
    }
    // One that knows no register shows nothing.
    expect(matchTransaction(stop(-1), [at(1_300)])).to.equal(null);
    const begun = (value: string) => ({
      transactionData: [{ timestamp: timeText(1), sampledValue: [{ value, context: "Transaction.Begin" }] }],
    });
    expect(matchTransaction(stop(1_500, begun("1000")), [taken])).to.equal(taken);
    expect(matchTransaction(stop(1_500, begun("900")), [taken])).to.equal(null);
  });
  it("knows a stop with an unknown id again that ended a transaction", function () {
    const messages = [start16(0, 1_000), stop16(60, 1_500)];
    const { points } = chooseEnergySeries(messages, messages[1] ?? null);
    const register = { begin: points[0] ?? null, last: points.at(-1) ?? null, ratedPowerW: 50_000 };
    const ended = { ...known, endedAtMs: epochMs + 60_000, register };
    const open = { ...known, ocppTransactionId: "12", startedAtMs: epochMs + 5_000 };
    expect(matchTransaction(stop16(60, 1_500, { transactionId: -1 }), [ended, open])).to.equal(ended);
    expect(matchTransaction(stop16(60, 1_501, { transactionId: -1 }), [ended, open])).to.equal(open);
  });
  it("finds the latest of two transactions of 2.x that share an id", function () {
    const first = { ...known, ocppTransactionId: "T-1", startedAtMs: epochMs - 86_400_000 };
    const second = { ...known, ocppTransactionId: "T-1" };
    expect(matchTransaction(event2({ type: "Updated", seconds: 30, seqNo: 1 }), [first, second])).to.equal(second);
  });
});

describe("failure mode 15: several connectors", function () {
  const second = { ...known, ocppTransactionId: "12", plug: { evseId: null, connectorId: 2 } };
  it("gives values without a transaction to the one at their connector, and those of the station to none", function () {
    const sample = (connectorId: number) => sample16(30, { value: "5" }, { connectorId, transactionId: undefined });
    expect(matchTransaction(sample(0), [known, second])).to.equal(null);
    expect(matchTransaction(sample(3), [known, second])).to.equal(null);
    expect(matchTransaction(sample(2), [known, second])).to.equal(second);
  });
  it("leaves the meter of the whole station out", function () {
    const messages = [start16(0, 0), sample16(30, { value: "90000" }, { connectorId: 0 }), stop16(60, 100)];
    expect(summaryOf(assess(messages))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "100",
      reasons: ["UNSIGNED"],
      flags: ["STATION_METER_IGNORED"],
    });
  });
  it("lets a new start displace what is open at its connector, and nothing else", function () {
    const started = start16(300, 500, {}, { assignedTransactionId: "13" });
    expect(findDisplaced(started, [known, second, { ...known, endedAtMs: epochMs + 1 }])).to.deep.equal([known]);
    expect(findDisplaced(start16(-300, 0, {}, { assignedTransactionId: "13" }), [known])).to.deep.equal([]);
    expect(findDisplaced(start16(0, 0), [known])).to.deep.equal([]);
  });
  it("knows outlets of 2.x by their EVSE although events leave it out later", function () {
    const open = { ...known, ocppTransactionId: "T-0", plug: { evseId: 1, connectorId: 1 } };
    const started = event2({ type: "Started", seconds: 300, seqNo: 0, members: { evse: { id: 1 } } });
    expect(findDisplaced(started, [open])).to.deep.equal([open]);
    const elsewhere = event2({ type: "Started", seconds: 300, seqNo: 0, members: { evse: { id: 2 } } });
    expect(findDisplaced(elsewhere, [open])).to.deep.equal([]);
  });
});

describe("failure mode 17: identity", function () {
  it("matches no message to a transaction that its own station did not start", function () {
    const foreign = { stationId: "CS-2" };
    const messages = [
      sample16(30, { value: "5" }, {}, foreign),
      event2({ type: "Updated", seconds: 9, seqNo: 1, arrival: foreign }),
    ];
    for (const message of messages) {
      expect(matchTransaction(message, [known, { ...known, ocppTransactionId: "T-1" }])).to.equal(null);
    }
    expect(findDisplaced(start16(300, 5, {}, { ...foreign, assignedTransactionId: "13" }), [known])).to.deep.equal([]);
  });
});

function asStarted(message: ReturnType<typeof start16>) {
  if (message.kind !== "transaction-started") throw new Error(message.kind);
  return message;
}

function asEnded(message: ReturnType<typeof stop16>) {
  if (message.kind !== "transaction-ended") throw new Error(message.kind);
  return message;
}
