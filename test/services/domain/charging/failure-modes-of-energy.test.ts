import { expect } from "chai";

import { chooseEnergySeries } from "../../../../services/domain/charging/energy-series.ts";
import { readQuantity, type QuantityInput } from "../../../../services/domain/charging/quantity.ts";
import { isStepPlausible, walkRegister } from "../../../../services/domain/charging/register-walk.ts";
import { formatDecimal } from "../../../../services/domain/decimal.ts";
import { assess, event2, sample16, start16, stop16, summaryOf, timeText } from "../../../helpers/station-messages.ts";

const unsigned = { grade: "plausible-unsigned", reasons: ["UNSIGNED"] };
const disputed = (energyWh: string, ...reasons: string[]) => ({ grade: "disputed", energyWh, reasons, flags: [] });
const begin2 = (value: number, members = {}) =>
  event2({ type: "Started", seconds: 0, seqNo: 0, values: [{ value, context: "Transaction.Begin", ...members }] });
const end2 = (value: number, members = {}, seconds = 3_600) =>
  event2({ type: "Ended", seconds, seqNo: 1, values: [{ value, context: "Transaction.End", ...members }] });

describe("failure mode 5: register reset and rollover", function () {
  const nearModulus = [start16(0, 999_950), sample16(30, { value: "20" }), stop16(60, 90)];

  it("disputes a register that runs backwards and counts neither side of the break", function () {
    const messages = [start16(0, 472), sample16(15, { value: "502" }), sample16(30, { value: "0" }), stop16(60, 45)];
    const assessment = assess(messages);
    expect(summaryOf(assessment)).to.deep.equal(disputed("75", "REGISTER_RESET"));
    expect(assessment.claimedEnergyWh).to.equal("-427");
    expect(assessment.segments.map(({ energyWh }) => energyWh)).to.deep.equal(["30", "45"]);
  });
  it("disputes a rollover that nobody declared", function () {
    expect(assess(nearModulus).reasons).to.deep.equal(["REGISTER_RESET"]);
  });
  it("disputes a backward step that a declared rollover does not explain", function () {
    const station = { ratedPowerW: 11_000, registerModulusWh: 1_000_000n };
    const fallen = [start16(0, 500_000), sample16(30, { value: "20" }), stop16(60, 90)];
    expect(assess(fallen, { station }).reasons).to.deep.equal(["REGISTER_RESET"]);
    const beyond = [start16(0, 1_000_010), sample16(30, { value: "20" }), stop16(60, 90)];
    expect(assess(beyond, { station }).reasons).to.deep.equal(["REGISTER_RESET"]);
  });
  it("counts through a rollover at the declared modulus", function () {
    const station = { ratedPowerW: 11_000, registerModulusWh: 1_000_000n };
    const expected = { ...unsigned, energyWh: "140", flags: ["REGISTER_ROLLOVER"] };
    expect(summaryOf(assess(nearModulus, { station }))).to.deep.equal(expected);
  });
  it("takes the last digits of floating point for no step back", function () {
    const kWh = { unitOfMeasure: { unit: "kWh" } };
    const update = event2({
      type: "Updated",
      seconds: 1_800,
      seqNo: 2,
      values: [{ value: 0.30000000000000004, ...kWh }],
    });
    const messages = [begin2(0, kWh), update, end2(0.3, kWh)];
    expect(summaryOf(assess(messages))).to.deep.equal({ ...unsigned, energyWh: "300", flags: [] });
  });
});

describe("failure mode 6: first register zero with an odometer later", function () {
  it("counts from the next reading and says so, where it comes at once", function () {
    const messages = [start16(0, 0), sample16(2, { value: "909948" }), stop16(60, 910_031)];
    const assessment = assess(messages);
    const expected = { ...unsigned, energyWh: "83", flags: ["FIRST_REGISTER_ZERO"] };
    expect(summaryOf(assessment)).to.deep.equal(expected);
    expect(assessment.begin?.registerWh).to.equal("909948");
    expect(assessment.claimedEnergyWh).to.equal("910031");
  });
  it("holds the session where energy may have flowed before the next reading", function () {
    const messages = [start16(0, 0), sample16(20, { value: "909948" }), stop16(60, 910_031)];
    expect(summaryOf(assess(messages))).to.deep.equal({
      grade: "plausible-unsigned",
      energyWh: "83",
      reasons: ["UNSIGNED", "BEGIN_UNCOVERED"],
      flags: ["FIRST_REGISTER_ZERO"],
    });
  });
  it("disputes it where no reading in between could be the begin", function () {
    expect(summaryOf(assess([start16(0, 0), stop16(60, 910_031)]))).to.deep.equal(disputed("0", "STEP_IMPLAUSIBLE"));
  });
  it("disputes a second leap after the first", function () {
    const messages = [
      start16(0, 0),
      sample16(20, { value: "909948" }),
      sample16(40, { value: "999999" }),
      stop16(60, 1_000_010),
    ];
    expect(assess(messages).reasons).to.deep.equal(["STEP_IMPLAUSIBLE"]);
  });
  it("disputes a leap from any other number", function () {
    const messages = [start16(0, 1), sample16(20, { value: "909948" }), stop16(60, 910_031)];
    expect(summaryOf(assess(messages))).to.deep.equal(disputed("83", "STEP_IMPLAUSIBLE"));
  });
  it("takes a true zero for the begin that it is", function () {
    const expected = { ...unsigned, energyWh: "100", flags: [] };
    expect(summaryOf(assess([start16(0, 0), sample16(30, { value: "50" }), stop16(60, 100)]))).to.deep.equal(expected);
  });
});

describe("failure mode 8: implausible energy", function () {
  const quantity = (value: string | number, changes: Partial<QuantityInput> = {}) =>
    readQuantity({ value, measurand: "Energy.Active.Import.Register", unit: null, multiplier: 0, ...changes });

  it("refuses words, exponents, signs, commas and infinities", function () {
    for (const text of [
      "NaN",
      "Infinity",
      "-Infinity",
      "9e9",
      "1E3",
      "+5",
      "1,5",
      "0x10",
      "1_000",
      "five",
      ".5",
      "5.",
      "1.2.3",
    ]) {
      expect(quantity(text), text).to.equal("VALUE_NOT_DECIMAL");
    }
    expect(quantity("")).to.equal("VALUE_MISSING");
    expect(quantity(NaN)).to.equal("VALUE_NOT_DECIMAL");
  });
  it("refuses negative values and those above 2^53", function () {
    expect(quantity("-1")).to.equal("VALUE_NEGATIVE");
    expect(quantity(-0.5)).to.equal("VALUE_NEGATIVE");
    expect(quantity("9007199254740993")).to.equal("VALUE_TOO_LARGE");
    expect(quantity("9007199254741", { unit: "kWh" })).to.equal("VALUE_TOO_LARGE");
    expect(quantity("9007199254740992")).to.not.be.a("string");
  });
  it("leaves a refused value out and keeps the session", function () {
    for (const value of ["NaN", "9e9", "-5", "99999999999999999999"]) {
      const messages = [start16(0, 0), sample16(30, { value }), stop16(60, 100)];
      const expected = { ...unsigned, energyWh: "100", flags: ["READING_QUARANTINED"] };
      expect(summaryOf(assess(messages)), value).to.deep.equal(expected);
    }
  });
  it("disputes a step beyond rated power, by one watt-hour", function () {
    // (11,000 W × 1 h + 1 Wh) × 1.05 = 11,551.05 Wh; a millisecond of resolution adds 0.003 Wh.
    expect(summaryOf(assess([start16(0, 0), stop16(3_600, 11_552)]))).to.deep.equal(disputed("0", "STEP_IMPLAUSIBLE"));
    expect(summaryOf(assess([start16(0, 0), stop16(3_600, 11_551)]))).to.deep.equal({
      ...unsigned,
      energyWh: "11551",
      flags: [],
    });
  });
  it("disputes two values at one moment", function () {
    const messages = [start16(0, 0), sample16(30, { value: "20" }), sample16(30, { value: "80" }), stop16(60, 100)];
    expect(summaryOf(assess(messages))).to.deep.equal(disputed("40", "READINGS_CONTRADICT"));
  });
  it("counts only what is plausible of a session with a leap", function () {
    const messages = [
      start16(0, 10),
      sample16(20, { value: "50" }),
      sample16(40, { value: "90000" }),
      stop16(60, 90_040),
    ];
    expect(summaryOf(assess(messages))).to.deep.equal(disputed("80", "STEP_IMPLAUSIBLE"));
  });
  it("allows a second where times have no fraction", function () {
    const step = { energyWh: { unscaled: 4n, scale: 0 }, quantumWh: { unscaled: 1n, scale: 0 } };
    expect(isStepPlausible({ ...step, durationMs: 0 }, 11_000)).to.equal(false);
    expect(isStepPlausible({ ...step, durationMs: 1_000 }, 11_000)).to.equal(true);
  });
  it("needs to know what a station can deliver", function () {
    for (const ratedPowerW of [0, -1, 1.5, NaN]) {
      expect(() => walkRegister([], { ratedPowerW, registerModulusWh: null })).to.throw(RangeError);
    }
  });
});

describe("failure mode 9: units", function () {
  const quantity = (value: string | number, unit: string | null, multiplier = 0) => {
    const read = readQuantity({ value, measurand: "Energy.Active.Import.Register", unit, multiplier });
    return typeof read === "string" ? read : [formatDecimal(read.value), formatDecimal(read.quantum)];
  };
  const withPower = (seconds: number, register: string, power: string) =>
    sample16(seconds, [
      { value: register, unit: "Wh" },
      { value: power, measurand: "Power.Active.Import", unit: "W" },
    ]);

  it("refuses units and multipliers that mean nothing", function () {
    for (const unit of ["", "kwh", "KWH", "MWh", "varh", "J"])
      expect(quantity("1", unit), unit).to.equal("UNIT_UNKNOWN");
    for (const multiplier of [0.5, 13, -13, NaN, Infinity]) {
      expect(quantity("1", "Wh", multiplier), `${multiplier}`).to.equal("MULTIPLIER_INVALID");
    }
  });
  it("reads exactly, with the default of Wh and every multiplier", function () {
    expect(quantity("1500", null)).to.deep.equal(["1500", "1"]);
    expect(quantity("1.500", "kWh")).to.deep.equal(["1500", "1"]);
    expect(quantity("0.38242000000000004", "kWh")).to.deep.equal(["382.42000000000004", "0.00000000000001"]);
    expect(quantity(1.5, "Wh", 3)).to.deep.equal(["1500", "100"]);
    expect(quantity(1500000, "Wh", -3)).to.deep.equal(["1500", "0.001"]);
    expect(quantity("  00000446.540", "kWh")).to.deep.equal(["446540", "1"]);
    // 0.1 + 0.2 is no 0.3 in floating point, and here it is none either: nothing is rounded away.
    expect(quantity(0.1 + 0.2, "kWh")).to.deep.equal(["300.00000000000004", "0.00000000000001"]);
  });
  it("disputes a register that is a thousandth of what the power says, and counts nothing", function () {
    const messages = [
      start16(0, 0),
      withPower(10, "0.030", "11000"),
      withPower(1_810, "5.530", "11000"),
      withPower(3_610, "11.030", "11000"),
      stop16(3_620, 12),
    ];
    const assessment = assess(messages);
    expect(summaryOf(assessment)).to.deep.equal(disputed("0", "UNIT_FAULT"));
    expect(assessment.claimedEnergyWh).to.equal("12");
  });
  it("disputes a register that is a thousand times what the power says", function () {
    const messages = [
      start16(0, 0),
      withPower(10, "30000", "11000"),
      withPower(40, "121000", "11000"),
      stop16(50, 122_000),
    ];
    expect(assess(messages).reasons).to.include("UNIT_FAULT");
    expect(assess(messages).energyWh).to.equal("0");
  });
  it("agrees with power in kW beside a register in Wh", function () {
    const sample = (seconds: number, register: string) =>
      sample16(seconds, [{ value: register }, { value: "11.0", measurand: "Power.Active.Import", unit: "kW" }]);
    const messages = [start16(0, 0), sample(10, "30"), sample(40, "122"), stop16(50, 152)];
    expect(summaryOf(assess(messages))).to.deep.equal({ ...unsigned, energyWh: "152", flags: [] });
  });
  it("takes registers in Wh and kWh by context for one register", function () {
    const messages = [
      start16(0, 1_000),
      sample16(30, { value: "1.05", unit: "kWh", context: "Sample.Clock" }),
      sample16(31, { value: "1052", unit: "Wh" }),
      sample16(32, { value: "1", unit: "kWh" }),
      stop16(60, 1_100),
    ];
    expect(summaryOf(assess(messages))).to.deep.equal({ ...unsigned, energyWh: "100", flags: [] });
  });
});

describe("failure mode 10: choosing the reading", function () {
  const energyOf = (messages: Parameters<typeof assess>[0]) => summaryOf(assess(messages));

  it("finds nothing in a transaction without an energy register", function () {
    const messages = [
      event2({ type: "Started", seconds: 0, seqNo: 0 }),
      event2({ type: "Ended", seconds: 60, seqNo: 1 }),
    ];
    expect(energyOf(messages)).to.deep.equal(disputed("0", "NO_READING"));
  });
  it("ignores other measurands, single phases, export and other places", function () {
    const others = [
      { value: "7", measurand: "Energy.Active.Export.Register" },
      { value: "7", measurand: "Energy.Reactive.Import.Register" },
      { value: "7", phase: "L1" },
      { value: "7", measurand: "Energy.Active.Import.Interval" },
      { value: "7", location: "Body" },
      { value: "7", location: "EV" },
      { value: "80", measurand: "SoC", unit: "Percent" },
    ];
    const messages = [start16(0, 1_000), sample16(30, [...others, { value: "1050" }]), stop16(60, 1_100)];
    expect(energyOf(messages)).to.deep.equal({ ...unsigned, energyWh: "100", flags: [] });
  });
  it("takes the outlet before inlet, cable and car", function () {
    const at = (location: string, value: number) => ({ value, location });
    const begin = event2({ type: "Started", seconds: 0, seqNo: 0, values: [at("Inlet", 5), at("Cable", 50)] });
    const end = event2({ type: "Ended", seconds: 60, seqNo: 1, values: [at("Inlet", 105), at("Cable", 160)] });
    expect(energyOf([begin, end])).to.deep.equal({ ...unsigned, energyWh: "100", flags: ["OTHER_LOCATION_USED"] });
  });
  it("sums three phases where nothing else is reported, and two phases never", function () {
    const phases = (base: number, names = ["L1", "L2", "L3"]) => names.map((phase) => ({ value: base, phase }));
    const event = (type: "Started" | "Ended", values: ReturnType<typeof phases>) =>
      event2({ type, seconds: type === "Started" ? 0 : 60, seqNo: type === "Started" ? 0 : 1, values });
    const whole = [event("Started", phases(10)), event("Ended", phases(40))];
    expect(energyOf(whole)).to.deep.equal({ ...unsigned, energyWh: "90", flags: ["PHASES_SUMMED"] });
    const toNeutral = ["L1-N", "L2-N", "L3-N"];
    expect(
      energyOf([event("Started", phases(10, toNeutral)), event("Ended", phases(40, toNeutral))]).energyWh,
    ).to.equal("90");
    const two = [event("Started", phases(10, ["L1", "L2"])), event("Ended", phases(40, ["L1", "L2"]))];
    expect(energyOf(two).reasons).to.deep.equal(["NO_READING"]);
  });
  it("sums intervals where there is no register at all", function () {
    const interval = (seconds: number, seqNo: number, value: number, type: "Updated" | "Ended" = "Updated") =>
      event2({ type, seconds, seqNo, values: [{ value, measurand: "Energy.Active.Import.Interval" }] });
    const begin = event2({ type: "Started", seconds: 0, seqNo: 0 });
    const messages = [begin, interval(20, 1, 40), interval(40, 2, 50), interval(60, 3, 30, "Ended")];
    const expected = { ...unsigned, energyWh: "120", flags: ["INTERVALS_SUMMED"] };
    expect(energyOf(messages)).to.deep.equal(expected);
    expect(energyOf([...messages, interval(40, 9, 50)])).to.deep.equal({
      ...expected,
      flags: ["SEQUENCE_INCOMPLETE", "INTERVALS_SUMMED"],
    });
    expect(energyOf([...messages, interval(40, 4, 51)]).reasons).to.deep.equal(["READINGS_CONTRADICT"]);
  });
  it("keeps readings of interruptions", function () {
    const messages = [start16(0, 0), sample16(30, { value: "50", context: "Interruption.Begin" }), stop16(60, 100)];
    const points = chooseEnergySeries(messages, messages.at(-1) ?? null).points;
    expect(points.map(({ context }) => context)).to.deep.equal([
      "Transaction.Begin",
      "Interruption.Begin",
      "Transaction.End",
    ]);
  });
  it("names the readings that begin and end came from", function () {
    const transactionData = [
      { timestamp: timeText(60), sampledValue: [{ value: "1100.4", context: "Transaction.End" }] },
    ];
    const { begin, end } = assess([start16(0, 1_000), stop16(60, 1_100, { transactionData })]);
    expect([begin?.source, begin?.registerWh]).to.deep.equal(["meter-start", "1000"]);
    expect([end?.source, end?.registerWh, end?.context]).to.deep.equal(["sampled-value", "1100.4", "Transaction.End"]);
  });
  it("says where a reading of begin or end is missing, and holds what may have flowed around", function () {
    const update = (seconds: number, seqNo: number, value: number) =>
      event2({ type: "Updated", seconds, seqNo, values: [{ value }] });
    const begin = event2({ type: "Started", seconds: 0, seqNo: 0 });
    const messages = [begin, update(20, 1, 100), update(40, 2, 130), event2({ type: "Ended", seconds: 60, seqNo: 3 })];
    expect(energyOf(messages)).to.deep.equal({
      grade: "plausible-unsigned",
      reasons: ["UNSIGNED", "BEGIN_UNCOVERED", "END_UNCOVERED"],
      energyWh: "30",
      flags: ["BEGIN_READING_MISSING", "END_READING_MISSING"],
    });
  });
});

describe("failure mode 16: completeness", function () {
  const update = (seqNo: number, value: number) =>
    event2({ type: "Updated", seconds: 60 * seqNo, seqNo, values: [{ value }] });

  it("shows the numbers that are missing and settles all the same, because the register bridges the hole", function () {
    const end = event2({ type: "Ended", seconds: 600, seqNo: 10, values: [{ value: 1_000 }] });
    const assessment = assess([begin2(0), update(1, 100), update(3, 300), end]);
    expect(summaryOf(assessment)).to.deep.equal({ ...unsigned, energyWh: "1000", flags: ["SEQUENCE_INCOMPLETE"] });
    expect(assessment.completeness).to.equal("incomplete");
    expect(assessment.missingSequenceNumbers).to.deep.equal([2, 4, 5, 6, 7, 8, 9]);
  });
  it("lists no more than a hundred of them", function () {
    const end = event2({ type: "Ended", seconds: 600, seqNo: 2_000_000_000, values: [{ value: 1_000 }] });
    expect(assess([begin2(0), end]).missingSequenceNumbers).to.have.length(100);
  });
  it("says nothing of a station that numbers every event alike", function () {
    const assessment = assess([
      begin2(0),
      event2({ type: "Ended", seconds: 600, seqNo: 0, values: [{ value: 1_000 }] }),
    ]);
    expect(assessment.completeness).to.equal("unknown");
    expect(assessment.flags).to.deep.equal(["SEQUENCE_CONSTANT"]);
  });
  it("is complete with start, end and every number between", function () {
    expect(assess([begin2(0), end2(1_000)]).completeness).to.equal("complete");
  });
  it("is incomplete without an end, and unknown in 1.6, which numbers nothing", function () {
    expect(assess([begin2(0), update(1, 100)]).completeness).to.equal("incomplete");
    expect(assess([start16(0, 0), stop16(60, 100)]).completeness).to.equal("unknown");
  });
});
