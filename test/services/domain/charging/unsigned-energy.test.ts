import { expect } from "chai";

import type { TransactionAssessment } from "../../../../services/domain/charging/assess-transaction.ts";
import type { FindingCode } from "../../../../services/domain/charging/findings.ts";
import type { StationMessage } from "../../../../services/domain/charging/message.ts";
import { decideSettlement, type EvidencePolicy } from "../../../../services/domain/charging/settlement-policy.ts";
import { watchEnergy } from "../../../../services/domain/charging/watched-energy.ts";
import { formatDecimal } from "../../../../services/domain/decimal.ts";
import { isTransactionMessage } from "../../../../services/domain/charging/message.ts";
import {
  assess as assessAt11kW,
  event2,
  sample16,
  start16,
  stop16,
  timeText,
} from "../../../helpers/station-messages.ts";

// In every transaction here 1500 Wh flowed, at an EVSE of 50 kW, unless its name says otherwise.
const station = { ratedPowerW: 50_000, registerModulusWh: null };
const assess = (messages: readonly StationMessage[]): TransactionAssessment => assessAt11kW(messages, { station });
/** Settles whatever may be settled at all. */
const permissive: EvidencePolicy = {
  grades: { "meter-signed-bound": "settle", "meter-signed": "settle", "plausible-unsigned": "settle" },
  settlesSuspicious: true,
  requiresEveryMessage: false,
};
const free = { kind: "priced", grossMicro: 0n, unsignedCapMicro: null } as const;
function settles(messages: readonly StationMessage[], energyWh: string, ...flags: readonly FindingCode[]): void {
  const assessment = assess(messages);
  expect([assessment.energyWh, assessment.reasons, assessment.flags]).to.deep.equal([energyWh, ["UNSIGNED"], flags]);
  expect(decideSettlement(assessment, permissive, free)).to.deep.equal({ kind: "settle" });
}
function holds(messages: readonly StationMessage[], reason: "DISPUTED" | "UNRESOLVED", ...codes: FindingCode[]): void {
  const assessment = assess(messages);
  expect(decideSettlement(assessment, permissive, free)).to.deep.equal({ kind: "hold", reason });
  expect(assessment.reasons.filter((code) => code !== "UNSIGNED")).to.deep.equal(codes);
}

const sample = (seconds: number, value: unknown, members = {}) => sample16(seconds, { value, ...members });
const started2 = (value: number | null, seqNo = 0, members = {}) =>
  event2({ type: "Started", seconds: 0, seqNo, ...(value === null ? {} : { values: [{ value }] }), members });
const updated2 = (seconds: number, seqNo: number, value: unknown, members = {}) =>
  event2({ type: "Updated", seconds, seqNo, values: [{ value }], members });
const ended2 = (value: number | null, seqNo = 1, seconds = 300) =>
  event2({ type: "Ended", seconds, seqNo, ...(value === null ? {} : { values: [{ value }] }) });

describe("One reading that counts", function () {
  it("is no energy: a stop that does not know its register", function () {
    holds([start16(0, 1_000), stop16(300, -1)], "DISPUTED", "SINGLE_READING");
    holds([start16(0, -1), stop16(300, 2_500)], "DISPUTED", "SINGLE_READING");
  });
  it("is no energy: begin or end of 2.x without a value", function () {
    holds([started2(null), ended2(2_500)], "DISPUTED", "SINGLE_READING");
    holds([started2(1_000), ended2(null)], "DISPUTED", "SINGLE_READING");
  });
  it("is no energy: a start whose stop never came", function () {
    holds([start16(0, 1_000)], "DISPUTED", "SINGLE_READING");
    expect(assess([start16(0, 1_000)]).flags).to.include("STOP_MISSING");
  });
  it("is no energy: two of one moment", function () {
    holds([start16(0, 1_000), stop16(0, 1_000)], "DISPUTED", "SINGLE_READING");
    holds([start16(0, 1_000), sample(0, "1000"), stop16(300, -1)], "DISPUTED", "SINGLE_READING");
  });
  it("is no energy: a begin and a sample at a time before 2020", function () {
    const at1970 = { meterValue: [{ timestamp: "1970-01-01T00:00:10Z", sampledValue: [{ value: "2500" }] }] };
    holds([start16(0, 1_000), sample16(30, {}, at1970), stop16(300, -1)], "DISPUTED", "SINGLE_READING");
  });
  it("is bridged by samples where these reach to the end", function () {
    const samples = [sample(120, "1600"), sample(295, "2500")];
    settles([start16(0, 1_000), ...samples, stop16(300, -1)], "1500", "END_READING_MISSING", "READING_QUARANTINED");
  });
  it("is held where samples leave the end or the begin open", function () {
    holds([start16(0, 1_000), sample(120, "1600"), stop16(300, -1)], "UNRESOLVED", "END_UNCOVERED");
    holds([start16(0, "?"), sample(120, "1600"), stop16(300, 2_500)], "UNRESOLVED", "BEGIN_UNCOVERED");
    holds([started2(null), updated2(120, 1, 1_600), ended2(2_500, 2)], "UNRESOLVED", "BEGIN_UNCOVERED");
  });
  it("is held where hours of an open end are a small part of days that are covered", function () {
    const day = 86_400;
    holds([start16(0, 1_000), sample(day, "500000"), stop16(day + 121, -1)], "UNRESOLVED", "END_UNCOVERED");
  });
  it("covers the begin where a station says that it did not charge before", function () {
    const plugged = started2(null, 0, { transactionInfo: { transactionId: "T-1", chargingState: "EVConnected" } });
    const charging = { transactionInfo: { transactionId: "T-1", chargingState: "Charging" } };
    settles([plugged, updated2(100, 1, 1_000, charging), ended2(2_500, 2)], "1500", "BEGIN_READING_MISSING");
    holds([plugged, updated2(100, 1, 1_000), ended2(2_500, 2)], "UNRESOLVED", "BEGIN_UNCOVERED");
  });
});

describe("A session without energy", function () {
  it("settles at 0 where begin and end prove it", function () {
    settles([start16(0, 1_000), stop16(300, 1_000)], "0");
    settles([start16(0, 1_000), sample(60, "1000"), stop16(300, 1_000)], "0");
    settles([started2(1_000), ended2(1_000)], "0");
  });
  it("does not settle without its begin, end or stop", function () {
    holds([start16(0, 1_000), sample(5, "1000")], "UNRESOLVED", "ZERO_UNPROVEN");
    holds([start16(0, 1_000), sample(299, "1000"), stop16(300, -1)], "UNRESOLVED", "ZERO_UNPROVEN");
  });
  it("does not settle beside readings that were refused or set aside", function () {
    for (const value of ["1,5", "NaN", "9e9", "-1", "9000000"]) {
      holds([start16(0, 1_000), sample(60, value), stop16(300, 1_000)], "UNRESOLVED", "ZERO_UNPROVEN");
    }
  });
  it("does not settle where power was sampled", function () {
    const power = (seconds: number, value: string) =>
      sample16(seconds, { value, measurand: "Power.Active.Import", unit: "W" });
    holds([start16(0, 1_000), power(60, "11000"), stop16(300, 1_000)], "UNRESOLVED", "ZERO_UNPROVEN");
    settles([start16(0, 1_000), power(60, "5"), stop16(300, 1_000)], "0");
    const flowing = [power(60, "11000"), power(120, "11000"), power(240, "11000")];
    expect(assess([start16(0, 1_000), ...flowing, stop16(300, 1_000)]).reasons).to.deep.equal(["POWER_CONTRADICTS"]);
    expect(assess([start16(0, 1_000), ...flowing, stop16(300, 1_001)]).reasons).to.deep.equal(["POWER_CONTRADICTS"]);
    settles([start16(0, 1_000), ...flowing, stop16(300, 1_917)], "917");
  });
});

describe("Numbers in another form than the schema wants", function () {
  it("count exactly, and are shown", function () {
    settles([start16(0, 1_000.5), stop16(300, 2_500)], "1499.5", "READING_FORM_WRONG");
    settles([start16(0, 1_000.25), stop16(300, 2_500.75)], "1500.5", "READING_FORM_WRONG");
    settles([start16(0, "1000"), stop16(300, "2500")], "1500", "READING_FORM_WRONG");
    settles([start16(0, " 1000 "), stop16(300, "2500.0")], "1500", "READING_FORM_WRONG");
    settles([start16(0, 1_000), sample(120, 1_600), stop16(300, 2_500)], "1500", "READING_FORM_WRONG");
    settles([started2(1_000), updated2(120, 1, "1600"), ended2(2_500, 2)], "1500", "READING_FORM_WRONG");
  });
  it("leave no artefacts of doubles in the energy", function () {
    const third = 1 / 3;
    settles([started2(1_000 + third), ended2(2_500 + third)], "1500");
    settles([started2(1_000 + 2 * third), updated2(100, 1, 1_500.1 + third), ended2(2_500 + 2 * third, 2)], "1500");
    settles([started2(1_000.1), ended2(2_500.1)], "1500");
    const kWh = { unitOfMeasure: { unit: "kWh" } };
    const event = (type: "Started" | "Ended", seconds: number, value: number) =>
      event2({ type, seconds, seqNo: seconds / 300, values: [{ value, ...kWh }] });
    settles([event("Started", 0, 0.1 + 0.2), event("Ended", 300, 1.8)], "1500");
    settles([event("Started", 0, 157_440.3), event("Ended", 300, 157_441.8)], "1500");
    // A true third is no artefact: it is cut off, to the driver's favour.
    settles([started2(1_000), ended2(2_500 + third)], "1500.333333");
  });
});

describe("An end that overtakes its start", function () {
  const end = ended2(2_500, 4);
  const updates = [updated2(60, 1, 1_300), updated2(120, 2, 1_600), updated2(180, 3, 1_900)];
  it("is unresolved until the rest has arrived, and then what flowed", function () {
    holds([end], "UNRESOLVED", "MESSAGES_MISSING");
    holds([end, ...updates], "UNRESOLVED", "MESSAGES_MISSING", "BEGIN_UNCOVERED");
    settles([end, started2(1_000), ...updates], "1500");
    settles([end, started2(1_000)], "1500", "SEQUENCE_INCOMPLETE");
  });
  it("is unresolved while updates are missing and it has no reading itself", function () {
    const last = updated2(240, 3, 2_500);
    holds([started2(1_000), ended2(null, 4)], "UNRESOLVED", "MESSAGES_MISSING");
    holds(
      [started2(1_000), ended2(null, 4), ...updates.slice(0, 2)],
      "UNRESOLVED",
      "MESSAGES_MISSING",
      "END_UNCOVERED",
    );
    // A minute before the end a fifth of the energy can flow.
    holds([started2(1_000), ended2(null, 4), ...updates.slice(0, 2), last], "UNRESOLVED", "END_UNCOVERED");
    const near = updated2(295, 3, 2_500);
    settles([started2(1_000), ended2(null, 4), ...updates.slice(0, 2), near], "1500", "END_READING_MISSING");
  });
  it("is unresolved where the numbers that are missing may be intervals of a sum", function () {
    const interval = (seqNo: number, seconds: number, type: "Updated" | "Ended" = "Updated", value = 300) =>
      event2({ type, seconds, seqNo, values: [{ value, measurand: "Energy.Active.Import.Interval" }] });
    const start = event2({ type: "Started", seconds: 0, seqNo: 0 });
    const all = [1, 2, 3, 4].map((seqNo) => interval(seqNo, 60 * seqNo));
    settles([start, ...all, interval(5, 300, "Ended")], "1500", "INTERVALS_SUMMED");
    // One that a change of state cut in two is no hole.
    const cut = [...all.slice(0, 3), interval(4, 200, "Updated", 100), interval(5, 240), interval(6, 300, "Ended")];
    expect(assess([start, ...cut]).reasons).to.deep.equal(["UNSIGNED"]);
    const holed = [...all.slice(0, 2), ...all.slice(3), interval(5, 300, "Ended")];
    holds([start, ...holed], "UNRESOLVED", "MESSAGES_MISSING", "INTERVAL_MISSING");
  });
});

describe("A clock that shows local time and calls it UTC", function () {
  const hours2 = 7_200;
  const ahead = { receivedAtSeconds: 0 };
  it("is put right at a live start", function () {
    const start = start16(hours2, 1_000, {}, ahead);
    const samples = [sample(120, "1600"), sample(240, "2200")];
    settles([start, ...samples, stop16(300, 2_500)], "1500", "CLOCK_AHEAD", "TIME_CORRECTED");
    settles([start, stop16(300, 2_500)], "1500", "CLOCK_AHEAD", "TIME_CORRECTED");
    settles(
      [start, { ...start, receivedAtMs: start.receivedAtMs + 40_000 }, stop16(300, 2_500)],
      "1500",
      "CLOCK_AHEAD",
      "TIME_CORRECTED",
    );
  });
  it("is put right in a whole session, and for as long as it took", function () {
    const at = (receivedAtSeconds: number) => ({ receivedAtSeconds });
    const messages = [
      start16(hours2, 1_000, {}, at(0)),
      sample16(hours2 + 120, { value: "1600" }, {}, at(120)),
      stop16(hours2 + 300, 2_500, {}, at(300)),
    ];
    settles(messages, "1500", "CLOCK_AHEAD", "TIME_CORRECTED");
    expect(assess(messages).chargingSeconds).to.equal(300);
  });
  it("is put right where no zone is named", function () {
    const local = (seconds: number) => ({ timestamp: timeText(seconds + hours2).replace("Z", "") });
    const values = (seconds: number, value: string) => ({
      meterValue: [{ ...local(seconds), sampledValue: [{ value }] }],
    });
    const messages = [
      start16(0, 1_000, local(0)),
      sample16(120, {}, values(120, "1600")),
      stop16(300, 2_500, local(300)),
    ];
    expect(assess(messages).reasons).to.deep.equal(["UNSIGNED"]);
    expect([assess(messages).energyWh, assess(messages).chargingSeconds]).to.deep.equal(["1500", 300]);
    expect(assess(messages).flags).to.include("TIME_CORRECTED");
  });
  it("is read in one zone, although a message that waited seems to be of another", function () {
    const local = (seconds: number) => ({ timestamp: timeText(seconds + hours2).replace("Z", "") });
    const messages = [
      start16(0, 10_000, local(0)),
      stop16(300, 11_500, local(300), { receivedAtSeconds: 300 + 1_200 }),
    ];
    expect([assess(messages).energyWh, assess(messages).chargingSeconds]).to.deep.equal(["1500", 300]);
    // In 20 minutes and more 11.5 kWh could have flowed, and in five they cannot.
    const zero = [start16(0, 0, local(0)), stop16(300, 11_500, local(300), { receivedAtSeconds: 1_500 })];
    holds(zero, "DISPUTED", "STEP_IMPLAUSIBLE");
  });
  it("loses nothing where it is behind", function () {
    const behind = [start16(-hours2, 1_000, {}, ahead), sample(120, "1600"), stop16(300, 2_500)];
    settles(behind, "1500", "TIME_CORRECTED");
    expect(assess(behind).chargingSeconds).to.equal(300);
    settles([start16(-hours2, 1_000, {}, ahead), stop16(300, 2_500)], "1500", "TIME_CORRECTED");
    const early = stop16(300 - hours2, 2_500, {}, { receivedAtSeconds: 300 });
    holds([start16(0, 1_000), sample(120, "1600"), early], "DISPUTED", "TIMES_CONTRADICT");
  });
  it("is not taken for behind where the start waited: what flowed since shows so", function () {
    const waited = start16(-hours2, 1_000, {}, ahead);
    const long = [waited, sample(60, "6000"), stop16(300, 9_000)];
    expect([assess(long).energyWh, assess(long).chargingSeconds]).to.deep.equal(["8000", hours2 + 300]);
    const sampled = [waited, sample16(-3_600, { value: "1200" }, {}, ahead), sample(60, "1300"), stop16(300, 1_600)];
    expect(assess(sampled).chargingSeconds).to.equal(hours2 + 300);
    const queued = [
      start16(0, 1_000, {}, { receivedAtSeconds: hours2 }),
      stop16(3_600, 2_500, {}, { receivedAtSeconds: hours2 }),
    ];
    expect(assess(queued).chargingSeconds).to.equal(3_600);
  });
  it("is not taken for the time of a message that waited: what contradicts the order is disputed", function () {
    const late = start16(hours2, 1_000, {}, { receivedAtSeconds: 1_000 });
    holds(
      [late, sample(120, "1600"), stop16(300, 2_500, {}, { receivedAtSeconds: 1_001 })],
      "DISPUTED",
      "TIMES_CONTRADICT",
    );
  });
  it("holds the session where it is ahead by less, and a reading shows energy before the begin", function () {
    const start = start16(200, 1_700, {}, ahead);
    holds([start, sample(120, "1600"), stop16(300, 2_500)], "UNRESOLVED", "READING_BEYOND_ENDS");
  });
});

describe("A begin that is sent again with every sample", function () {
  const both = (seconds: number, value: string, begin = "157440", members = {}) =>
    sample16(seconds, [
      { value, context: "Sample.Periodic" },
      { value: begin, context: "Transaction.Begin", ...members },
    ]);
  it("is no new reading, in 1.6 and in 2.x", function () {
    const messages = [start16(0, 157_440), both(60, "157690"), both(120, "158200"), stop16(300, 158_940)];
    settles(messages, "1500", "BEGIN_REPEATED");
    const event = (type: "Updated" | "Ended", seconds: number, seqNo: number, value: number) =>
      event2({
        type,
        seconds,
        seqNo,
        values: [
          { value: 157_440, context: "Transaction.Begin" },
          { value, context: type === "Ended" ? "Transaction.End" : "Sample.Periodic" },
        ],
      });
    const events = [
      event("Updated", 60, 1, 157_690),
      event("Updated", 120, 2, 158_200),
      event("Ended", 300, 3, 158_940),
    ];
    settles([started2(157_440), ...events], "1500", "BEGIN_REPEATED");
    // The start has no reading: what is called the begin is of the begin.
    settles([started2(null), ...events], "1500", "BEGIN_REPEATED");
  });
  it("is the same value in other digits and units", function () {
    for (const [begin, members] of [
      ["157440.0", {}],
      ["157.440", { unit: "kWh" }],
      ["157.44", { unit: "kWh" }],
      ["157.4", { unit: "kWh" }],
    ] as const) {
      const messages = [start16(0, 157_440), both(60, "157690", begin, members), stop16(300, 158_940)];
      settles(messages, "1500", "BEGIN_REPEATED");
    }
  });
  it("gives the begin its digits where the first was less exact", function () {
    const start = event2({ type: "Started", seconds: 0, seqNo: 0 });
    const coarse = sample16(0, { value: "157.4", unit: "kWh", context: "Transaction.Begin" });
    expect(assess([start, coarse, both(60, "157690"), stop16(300, 158_940)]).energyWh).to.equal("1500");
  });
  it("says nothing where a station calls every sample one of the begin", function () {
    const named = (seconds: number, value: string) => sample(seconds, value, { context: "Transaction.Begin" });
    settles([start16(0, 1_000), named(60, "1300"), named(120, "1600"), stop16(300, 2_500)], "1500");
    holds([started2(null), named(60, "1300"), named(120, "1600"), ended2(2_500)], "UNRESOLVED", "BEGIN_UNCOVERED");
  });
  it("contradicts the begin where it is another value at one moment", function () {
    holds([start16(0, 157_440), both(60, "157690", "157500"), stop16(300, 158_940)], "DISPUTED", "READINGS_CONTRADICT");
  });
  it("does not hide the energy from the watch over the hold", function () {
    const messages = [start16(0, 157_440), both(60, "157690"), both(120, "158200"), stop16(300, 158_940)];
    const watched = messages
      .filter(isTransactionMessage)
      .reduce<ReturnType<typeof watchEnergy>>((known, message) => watchEnergy(known, message, 50_000), null);
    expect(watched === null ? null : formatDecimal(watched.energyWh)).to.equal("1500");
  });
  it("is no end where samples are called so before it", function () {
    const named = (seconds: number, value: string) => sample(seconds, value, { context: "Transaction.End" });
    settles([start16(0, 1_000), named(120, "1600"), sample(240, "2200"), stop16(300, 2_500)], "1500");
    holds([start16(0, 1_000), named(120, "1600"), stop16(300, -1)], "UNRESOLVED", "END_UNCOVERED");
  });
});

describe("A single reading that contradicts", function () {
  const around = (value: string) => [
    start16(0, 1_000),
    sample(60, "1300"),
    sample(120, value),
    sample(180, "1900"),
    stop16(300, 2_500),
  ];
  it("is set aside where its neighbours agree", function () {
    for (const value of ["0", "9000000000", "1", "90000", "500", "1290", "2000"])
      settles(around(value), "1500", "READING_OUTLIER");
    settles([start16(0, 1_000), sample(150, "0"), stop16(300, 2_500)], "1500", "READING_OUTLIER");
    settles([start16(0, 1_000), sample(120, "1600"), sample(120, "0"), stop16(300, 2_500)], "1500", "READING_OUTLIER");
    settles([started2(1_000), updated2(120, 1, 0), ended2(2_500, 2)], "1500", "READING_OUTLIER");
  });
  it("is set aside although a power beside it does not fit", function () {
    const pair = (seconds: number, value: string) =>
      sample16(seconds, [{ value }, { value: "18000", measurand: "Power.Active.Import", unit: "W" }]);
    const messages = [start16(0, 1_000), pair(60, "1300"), pair(120, "1500000"), pair(180, "1900"), stop16(300, 2_500)];
    settles(messages, "1500", "READING_OUTLIER");
  });
  it("is set aside at a declared modulus, which explains neither a spike nor a zero", function () {
    const wheel = { ratedPowerW: 50_000, registerModulusWh: 1_000_000n };
    for (const value of ["0", "9000000000", "999999"]) {
      const { energyWh, reasons, flags } = assessAt11kW(around(value), { station: wheel });
      expect([energyWh, reasons, flags], value).to.deep.equal(["1500", ["UNSIGNED"], ["READING_OUTLIER"]]);
    }
    const rolling = [start16(0, 999_000), sample(120, "500000"), stop16(300, 500)];
    const assessment = assessAt11kW(rolling, { station: wheel });
    expect([assessment.energyWh, assessment.flags]).to.deep.equal(["1500", ["REGISTER_ROLLOVER", "READING_OUTLIER"]]);
  });
  it("is a reset where it stays, or where the next could have risen from it", function () {
    holds(
      [start16(0, 1_000), sample(60, "1300"), sample(120, "0"), sample(180, "300"), stop16(300, 900)],
      "DISPUTED",
      "REGISTER_RESET",
    );
    holds(
      [start16(0, 0), sample(60, "15"), sample(120, "0"), sample(180, "30"), stop16(300, 90)],
      "DISPUTED",
      "REGISTER_RESET",
    );
    const rolledBack = [sample(60, "1300"), sample(120, "1290"), sample(180, "1590")];
    holds([start16(0, 1_000), ...rolledBack, stop16(300, 2_190)], "DISPUTED", "REGISTER_RESET");
    const forgetful = [sample(60, "1300"), sample(120, "1620"), sample(180, "1610")];
    holds([start16(0, 1_000), ...forgetful, stop16(300, 2_210)], "DISPUTED", "REGISTER_RESET");
  });
  it("disputes beside a first or last reading that may be the wrong one", function () {
    const early = [start16(0, 1_000), sample(60, "1010")];
    for (const messages of [
      [start16(0, 1_000), sample(299, "2495"), stop16(300, 1_400)],
      [...early, sample(290, "2500"), stop16(300, 1_020)],
      [...early, sample(120, "1020"), sample(290, "2490"), stop16(300, 1_030)],
      [start16(0, 2_400), sample(60, "1300"), stop16(300, 2_500)],
    ]) {
      holds(messages, "DISPUTED", "REGISTER_RESET");
    }
  });
  it("disputes as the first or the last, and as two in a row", function () {
    holds([start16(0, 157_440), sample(150, "158200"), stop16(300, 0)], "DISPUTED", "REGISTER_RESET");
    holds([start16(0, 157_440), sample(150, "158200"), stop16(300, 900_000_000)], "DISPUTED", "STEP_IMPLAUSIBLE");
    holds([start16(0, 900_000_000), sample(150, "158200"), stop16(300, 158_940)], "DISPUTED", "REGISTER_RESET");
    holds([start16(0, 0), sample(150, "158200"), stop16(300, 158_940)], "UNRESOLVED", "BEGIN_UNCOVERED");
    const row = (first: string, second: string) => [
      start16(0, 1_000),
      sample(60, "1300"),
      sample(120, first),
      sample(130, second),
      sample(180, "1900"),
      stop16(300, 2_500),
    ];
    for (const [first, second] of [
      ["0", "0"],
      ["0", "9000000"],
      ["9000000", "0"],
      ["9000000", "9000001"],
    ] as const) {
      expect(assess(row(first, second)).grade, `${first} ${second}`).to.equal("disputed");
    }
  });
  it("disputes where more than one in three contradicts", function () {
    const zeros = [30, 90, 150, 210].map((seconds) => sample(seconds, "0"));
    const good = [60, 120, 180, 240].map((seconds) => sample(seconds, String(1_000 + 5 * seconds)));
    expect(assess([start16(0, 1_000), ...zeros, ...good, stop16(300, 2_500)]).grade).to.equal("disputed");
    settles(
      [start16(0, 1_000), ...zeros.slice(0, 1), ...zeros.slice(2, 3), ...good, stop16(300, 2_500)],
      "1500",
      "READING_OUTLIER",
    );
  });
});

describe("Power of single phases", function () {
  const phases = (seconds: number, watts: string) =>
    sample16(
      seconds,
      ["L1", "L2-N", "L3"].map((phase) => ({ value: watts, measurand: "Power.Active.Import", unit: "W", phase })),
    );
  it("contradicts a register that stands still, as power of all phases does", function () {
    const flowing = [60, 120, 180, 240].map((seconds) => phases(seconds, "6000"));
    holds([start16(0, 1_000), ...flowing, stop16(300, 1_050)], "DISPUTED", "POWER_CONTRADICTS");
  });
});

describe("Intervals of two kinds", function () {
  it("are not added up to a sum that settles", function () {
    const interval = (seconds: number, value: string, context: string) =>
      sample(seconds, value, { measurand: "Energy.Active.Import.Interval", context });
    const twice = [60, 120, 180, 240, 300].flatMap((seconds) => [
      interval(seconds, "300", "Sample.Clock"),
      interval(seconds + 30, "300", "Sample.Periodic"),
    ]);
    holds([start16(0, -1), ...twice, stop16(330, -1)], "UNRESOLVED", "INTERVAL_MISSING");
  });
});

describe("A register beside others that the station reports", function () {
  type Members = Readonly<Record<string, unknown>>;
  const beside = (members: (value: number) => Members | Members[]) =>
    [0, 60, 120, 180, 240, 299].map((seconds) => sample16(seconds, [members(5 * seconds)].flat()));
  const stillAt = (meterStop: number, others: readonly StationMessage[]) => [
    start16(0, 1_000),
    ...others,
    stop16(300, meterStop),
  ];
  const byPhases = beside((value) =>
    ["L1", "L2", "L3"].map((phase) => ({ value: String(value / 3), phase, unit: "Wh" })),
  );
  const atInlet = beside((value) => ({ value: String(7_000 + value), location: "Inlet" }));
  const byIntervals = [60, 120, 180, 240, 300].map((seconds) =>
    sample(seconds, "300", { measurand: "Energy.Active.Import.Interval" }),
  );
  it("is contradicted by phases, another place or intervals that rose far more", function () {
    for (const others of [byPhases, atInlet, byIntervals]) {
      holds(stillAt(1_000, others), "DISPUTED", "OTHER_REGISTER_CONTRADICTS");
      holds(stillAt(1_600, others), "DISPUTED", "OTHER_REGISTER_CONTRADICTS");
    }
  });
  it("counts where they agree with it, as far as cables and rectifiers let them", function () {
    for (const others of [byPhases, atInlet, byIntervals]) settles(stillAt(2_450, others), "1450");
  });
});
