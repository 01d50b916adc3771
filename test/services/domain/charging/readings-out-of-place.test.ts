import { expect } from "chai";

import type { StationMessage } from "../../../../services/domain/charging/message.ts";
import {
  assess,
  boot16,
  epochMs,
  event2,
  sample16,
  start16,
  stop16,
  timeText,
} from "../../../helpers/station-messages.ts";

// 1500 Wh flow in 300 seconds, unless said otherwise.
const station = { ratedPowerW: 50_000, registerModulusWh: null };
type Changes = Parameters<typeof assess>[1];
const told = (messages: readonly StationMessage[], changes: Changes = {}) => {
  const { energyWh, chargingSeconds, reasons } = assess(messages, { station, ...changes });
  return { energyWh, chargingSeconds, reasons: reasons.filter((code) => code !== "UNSIGNED") };
};
const reasonsOf = (messages: readonly StationMessage[], changes: Changes = {}) => told(messages, changes).reasons;
const settled = { energyWh: "1500", chargingSeconds: 300, reasons: [] };

const value = (wh: number, context = "Sample.Periodic") => ({ value: wh, context });
/** An event whose meter value carries another time than the event. */
const valueOf = (seconds: number, wh: number, context: string) => ({
  meterValue: [{ timestamp: timeText(seconds), sampledValue: [value(wh, context)] }],
});
const started = (members = {}) => event2({ type: "Started", seconds: 0, seqNo: 0, members });
const ended = (members = {}, seqNo = 2) => event2({ type: "Ended", seconds: 300, seqNo, members });
const updated = (seconds: number, wh: number, context: string) =>
  event2({ type: "Updated", seconds, seqNo: 1, values: [value(wh, context)] });
const begin = valueOf(0, 1_000, "Transaction.Begin");
const end = valueOf(300, 2_500, "Transaction.End");

describe("A reading that is called the begin and was read later", function () {
  it("leaves the begin open", function () {
    const reasons = ["BEGIN_UNCOVERED"];
    expect(reasonsOf([started(), updated(200, 2_000, "Transaction.Begin"), ended(end)])).to.deep.equal(reasons);
    const values = [start16(0, -5), sample16(200, { value: "2000", context: "Transaction.Begin" }), stop16(300, 2_500)];
    expect(reasonsOf(values)).to.deep.equal(reasons);
  });
  it("stands for it where it came within a twentieth of the time, or before the station charged", function () {
    expect(reasonsOf([started(), updated(14, 1_000, "Transaction.Begin"), ended(end)])).to.deep.equal([]);
    const charging = { transactionInfo: { transactionId: "T-1", chargingState: "Charging" } };
    const messages = [
      started({ transactionInfo: { transactionId: "T-1", chargingState: "EVConnected" } }),
      event2({
        type: "Updated",
        seconds: 100,
        seqNo: 1,
        values: [value(1_000, "Transaction.Begin")],
        members: charging,
      }),
      ended(end),
    ];
    expect(reasonsOf(messages)).to.deep.equal([]);
  });
});

describe("A begin or an end whose value is older than its message", function () {
  it("is of the time of the value, and what lies between is open", function () {
    const stale = ended(valueOf(100, 1_600, "Transaction.End"), 1);
    expect(reasonsOf([started(begin), stale])).to.deep.equal(["END_UNCOVERED"]);
    const early = started(valueOf(-3_600, 900, "Transaction.Begin"));
    expect(reasonsOf([early, ended(end, 1)])).to.deep.equal(["BEGIN_UNCOVERED"]);
  });
  it("is no older where the clock is ahead by some minutes", function () {
    const ahead = ended(end, 1);
    expect(told([started(begin), { ...ahead, receivedAtMs: epochMs }])).to.deep.equal(settled);
  });
  it("counts where it is a little older, or the station had ceased to charge", function () {
    expect(told([started(begin), ended(end, 1)])).to.deep.equal(settled);
    expect(reasonsOf([started(valueOf(-60, 1_000, "Transaction.Begin")), ended(end, 1)])).to.deep.equal([]);
    const suspended = { transactionInfo: { transactionId: "T-1", chargingState: "SuspendedEV" } };
    const messages = [
      started(begin),
      event2({ type: "Updated", seconds: 100, seqNo: 1, members: suspended }),
      ended(valueOf(100, 1_600, "Transaction.End")),
    ];
    expect(told(messages)).to.deep.include({ energyWh: "600", reasons: [] });
  });
});

describe("A begin in kilowatt-hours that is called watt-hours", function () {
  it("is held like a begin of 0 where nothing is known of the outlet", function () {
    for (const meterStart of [0, 1, 2]) {
      expect(reasonsOf([start16(0, meterStart), stop16(300, 2_500)], { outlet: [] })).to.deep.equal([
        "ZERO_BEGIN_UNPROVEN",
      ]);
    }
  });
  it("is none where it is higher than a thousandth of the end, or the register rose on at its pace", function () {
    expect(reasonsOf([start16(0, 3), stop16(300, 2_500)], { outlet: [] })).to.deep.equal([]);
    const samples = [60, 120, 180, 240].map((seconds) => sample16(seconds, { value: String(1 + 5 * seconds) }));
    expect(reasonsOf([start16(0, 1), ...samples, stop16(300, 1_501)], { outlet: [] })).to.deep.equal([]);
  });
});

describe("A boot in the middle of a transaction", function () {
  const hidden = ["REGISTER_RESTART_HIDDEN"];
  it("may have set a register back that began at 0, if what follows can have flowed since", function () {
    expect(reasonsOf([start16(0, 0), sample16(100, { value: "400" }), boot16(150), stop16(300, 800)])).to.deep.equal(
      hidden,
    );
    expect(reasonsOf([start16(0, 0), boot16(150), stop16(300, 800)])).to.deep.equal(hidden);
  });
  it("has not where the next reading cannot have been reached from 0, or the register is an odometer", function () {
    const fast = [start16(0, 0), sample16(240, { value: "1200" }), boot16(250), sample16(290, { value: "1450" })];
    expect(told([...fast, stop16(300, 1_500)])).to.deep.equal(settled);
    expect(told([start16(0, 1_000), boot16(150), stop16(300, 2_500)])).to.deep.equal(settled);
  });
});

describe("A register beside power that was sampled all along", function () {
  const times = [30, 60, 90, 120, 150, 180, 210, 240, 270];
  const session = (wh: number, watts: number, unit: object = { unit: "W" }, at = times) => [
    start16(0, 1_000),
    ...at.map((seconds) => sample16(seconds, { value: String(watts), measurand: "Power.Active.Import", ...unit })),
    stop16(300, 1_000 + wh),
  ];
  it("is contradicted where it shows less than half of the energy, or four times as much", function () {
    expect(reasonsOf(session(300, 18_000))).to.deep.equal(["POWER_CONTRADICTS"]);
    expect(reasonsOf(session(1_500, 1_000))).to.deep.equal(["POWER_CONTRADICTS"]);
  });
  it("is not contradicted by the power of one phase, by power without a unit, or by few samples", function () {
    expect(told(session(1_500, 18_000))).to.deep.equal(settled);
    expect(told(session(1_500, 6_000))).to.deep.equal(settled);
    expect(told(session(1_500, 1_000, {}))).to.deep.equal(settled);
    expect(told(session(1_500, 1_000, { unit: "W" }, [60, 120, 180]))).to.deep.equal(settled);
  });
});

describe("Values that name a transaction and another connector", function () {
  const other = (seconds: number, wh: number) => sample16(seconds, { value: String(wh) }, { connectorId: 2 });
  it("do not count, and hold the session where the register there rose", function () {
    const isOver = { overSinceMs: epochMs + 300_000 };
    expect(told([start16(0, 1_000), sample16(280, { value: "2400" }), other(290, 3_000)], isOver)).to.deep.include({
      energyWh: "1400",
      reasons: ["END_UNCOVERED", "READING_OF_OTHER_OUTLET"],
    });
    expect(reasonsOf([start16(0, 1_000), other(100, 50_000), other(200, 50_400), stop16(300, 1_000)])).to.deep.equal([
      "READING_OF_OTHER_OUTLET",
    ]);
  });
  it("change nothing where that register stood still, or is the same one under another number", function () {
    expect(told([start16(0, 1_000), other(100, 900), other(200, 900), stop16(300, 2_500)])).to.deep.equal(settled);
    expect(told([start16(0, 1_000), other(100, 1_500), other(200, 2_000), stop16(300, 2_500)])).to.deep.equal(settled);
  });
});

describe("A clock that is put right after more than one message", function () {
  const hour = 3_600;
  for (const behind of [hour, 730 * 24 * hour]) {
    it(`charges no time in which nothing happened, ${behind / hour} hours behind`, function () {
      const messages = [
        start16(-behind, 1_000, {}, { receivedAtSeconds: 0 }),
        sample16(60 - behind, { value: "1300" }, {}, { receivedAtSeconds: 60 }),
        sample16(121 - behind, { value: "1600" }, {}, { receivedAtSeconds: 122 }),
        sample16(180, { value: "1900" }),
        stop16(300, 2_500),
      ];
      expect(told(messages)).to.deep.equal(settled);
    });
  }
  it("is none where the messages waited: they come at once", function () {
    const messages = [
      start16(-hour, 1_000, {}, { receivedAtSeconds: 0 }),
      sample16(60 - hour, { value: "1300" }, {}, { receivedAtSeconds: 0 }),
      stop16(300, 2_500),
    ];
    expect(told(messages).chargingSeconds).to.equal(hour + 300);
  });
});
