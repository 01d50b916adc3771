import { expect } from "chai";

import type { StationMessage } from "../../../../services/domain/charging/message.ts";
import { assess, event2, sample16, start16, stop16 } from "../../../helpers/station-messages.ts";

// 1500 Wh flow in 300 seconds at 18 kW; what the register says is another matter.
const station = { ratedPowerW: 50_000, registerModulusWh: null };
type Members = Readonly<Record<string, unknown>>;
const times = [60, 120, 180, 240];
const along = (values: (seconds: number) => readonly Members[]) =>
  times.map((seconds) => sample16(seconds, values(seconds)));
const reasons = (messages: readonly StationMessage[]) => assess(messages, { station }).reasons;
const session = (wh: number, samples: readonly StationMessage[]) => [
  start16(0, 1_000),
  ...samples,
  stop16(300, 1_000 + wh),
];
const contradicted = ["POWER_CONTRADICTS"];
const settled = ["UNSIGNED"];

const power = (value: string, members: Members = {}) => ({ value, measurand: "Power.Active.Import", ...members });
const current = (value: string, members: Members = {}) => ({
  value,
  measurand: "Current.Import",
  unit: "A",
  ...members,
});
const voltage = (value: string, members: Members = {}) => ({ value, measurand: "Voltage", unit: "V", ...members });
const phases = (make: (members: Members) => Members) => ["L1", "L2", "L3"].map((phase) => make({ phase }));

describe("A register that shows next to nothing", function () {
  const kinds: readonly (readonly [string, (seconds: number) => readonly Members[]])[] = [
    ["power without a unit", () => [power("18000")]],
    ["power of phases without a unit", () => phases((phase) => power("6000", phase))],
    [
      "current and voltage of phases",
      () => phases((phase) => current("26", phase)).concat(phases((phase) => voltage("230", phase))),
    ],
    ["current of phases and one voltage", () => [...phases((phase) => current("26", phase)), voltage("230")]],
    ["current and voltage of the whole", () => [current("45"), voltage("400")]],
    [
      "current and the voltage between phases",
      () => [...phases((phase) => current("26", phase)), voltage("400", { phase: "L1-L2" })],
    ],
    [
      "current in thousandths",
      () => [...phases((phase) => current("26000", { ...phase, unit: "mA" })), voltage("230")],
    ],
    ["current of phases and no voltage", () => phases((phase) => current("26", phase))],
    [
      "a state of charge that rises",
      (seconds) => [{ value: String(20 + seconds / 60), measurand: "SoC", unit: "Percent" }],
    ],
  ];
  for (const [name, values] of kinds) {
    it(`is contradicted by ${name}`, function () {
      expect(reasons(session(2, along(values)))).to.deep.equal(contradicted);
      expect(reasons(session(0, along(values)))).to.not.deep.equal(settled);
      expect(reasons(session(1_500, along(values)))).to.deep.equal(settled);
    });
  }
  it("is contradicted by a single sample, by a factor of a hundred", function () {
    for (const values of [[power("18000", { unit: "W" })], phases((phase) => power("6", { ...phase, unit: "kW" }))]) {
      expect(reasons(session(2, [sample16(150, values)]))).to.deep.equal(contradicted);
      expect(reasons(session(100, [sample16(150, values)]))).to.deep.equal(settled);
    }
  });
  it("is contradicted by no current that is offered", function () {
    const offered = along(() => [{ value: "32", measurand: "Current.Offered", unit: "A" }, voltage("230")]);
    expect(reasons(session(2, offered))).to.deep.equal(settled);
  });
  it("is contradicted by no state of charge that hardly rose", function () {
    const soc = (from: number, to: number) => [
      sample16(60, { value: String(from), measurand: "SoC" }),
      sample16(240, { value: String(to), measurand: "SoC" }),
    ];
    expect(reasons(session(2, soc(20, 21)))).to.deep.equal(settled);
    expect(reasons(session(2, soc(40, 20)))).to.deep.equal(settled);
  });
});

describe("Kilowatt-hours that are called watt-hours", function () {
  it("are found beside power of phases, both ways round", function () {
    const both = (wh: (seconds: number) => number, watts: string) =>
      along((seconds) => [{ value: String(wh(seconds)) }, ...phases((phase) => power(watts, { ...phase, unit: "W" }))]);
    const asKwh = both((seconds) => 1_000 + seconds / 200, "6000");
    expect(reasons(session(2, asKwh))).to.deep.equal(["UNIT_FAULT"]);
    const asWh = both((seconds) => 1_000 + 5 * seconds, "6");
    expect(reasons(session(1_500, asWh))).to.deep.equal(["UNIT_FAULT"]);
    expect(
      reasons(
        session(
          1_500,
          both((seconds) => 1_000 + 5 * seconds, "6000"),
        ),
      ),
    ).to.deep.equal(settled);
  });
  it("are no fault of the unit where power names none", function () {
    const samples = along((seconds) => [{ value: String(1_000 + 5 * seconds) }, power("18")]);
    expect(reasons(session(1_500, samples))).to.deep.equal(settled);
  });
});

describe("A sum of intervals", function () {
  const interval = (
    seconds: number,
    seqNo: number,
    wh: number,
    watts: string | null,
    type: "Updated" | "Ended" = "Updated",
  ) =>
    event2({
      ...{ type, seconds, seqNo },
      values: [
        { value: wh, measurand: "Energy.Active.Import.Interval" },
        ...(watts === null
          ? []
          : [{ value: Number(watts), measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } }]),
      ],
    });
  const sum = (lastWh: number, watts: string | null) => [
    event2({ type: "Started", seconds: 0, seqNo: 0 }),
    ...times.map((seconds, index) => interval(seconds, index + 1, 300, watts)),
    interval(300, 5, lastWh, watts, "Ended"),
  ];
  it("is contradicted by power within one interval", function () {
    expect(reasons(sum(300, "18000"))).to.deep.equal(settled);
    expect(reasons(sum(0, "18000"))).to.deep.equal(contradicted);
    expect(reasons(sum(0, "0"))).to.deep.equal(settled);
  });
  it("is contradicted by another register", function () {
    const register = (seconds: number, seqNo: number, value: number) =>
      event2({ type: "Updated", seconds, seqNo, values: [{ value, phase: "L1" }] });
    const others = [register(1, 6, 1_000), register(299, 7, 2_500)];
    expect(reasons([...sum(0, null).slice(0, 3), interval(180, 3, 0, null, "Ended"), ...others])).to.include(
      "OTHER_REGISTER_CONTRADICTS",
    );
  });
  it("is held where the end lies after its last interval", function () {
    const unread = [...sum(0, null).slice(0, -1), event2({ type: "Ended", seconds: 300, seqNo: 5 })];
    expect(reasons(unread)).to.deep.equal(["UNSIGNED", "END_UNCOVERED"]);
  });
});

describe("An end that nobody read", function () {
  const overSinceMs = (seconds: number) => ({
    station,
    overSinceMs: Date.parse("2026-03-01T10:00:00Z") + seconds * 1_000,
  });
  const going = [start16(0, 1_000), sample16(60, { value: "1300" }), sample16(120, { value: "1600" })];
  it("is held where the sign of the end came later than the last reading", function () {
    expect(assess(going, overSinceMs(125)).reasons).to.deep.equal(["UNSIGNED"]);
    for (const seconds of [180, 300, 86_400]) {
      expect(assess(going, overSinceMs(seconds)).reasons, `${seconds}`).to.deep.equal(["UNSIGNED", "END_UNCOVERED"]);
    }
  });
  it("is held by the station's clock, where that is ahead", function () {
    const shifted = (by: number) =>
      [0, 60, 120].map((seconds) =>
        sample16(seconds + by, { value: String(1_000 + 5 * seconds) }, {}, { receivedAtSeconds: seconds }),
      );
    expect(assess(shifted(300), overSinceMs(122)).reasons).to.not.include("END_UNCOVERED");
    expect(assess(shifted(300), overSinceMs(300)).reasons).to.include("END_UNCOVERED");
    // One that is behind looks like messages that waited.
    expect(assess(shifted(-3_600), overSinceMs(122)).reasons).to.include("END_UNCOVERED");
  });
  it("is covered where a station of 2.x says when it ceased to charge, and not where it charged again", function () {
    const state = (seconds: number, seqNo: number, chargingState: string, wh: number | null = null) =>
      event2({
        ...{ type: "Updated", seconds, seqNo },
        ...(wh === null ? {} : { values: [{ value: wh }] }),
        members: { transactionInfo: { transactionId: "T-1", chargingState } },
      });
    const started = event2({ type: "Started", seconds: 0, seqNo: 0, values: [{ value: 1_000 }] });
    const ended = event2({ type: "Ended", seconds: 300, seqNo: 5 });
    const ceased = [
      started,
      state(60, 1, "Charging", 1_300),
      state(120, 2, "Charging", 1_600),
      state(122, 3, "SuspendedEV"),
    ];
    expect(reasons([...ceased, ended])).to.deep.equal(["UNSIGNED"]);
    expect(reasons([...ceased, state(200, 4, "Charging"), ended])).to.deep.equal(["UNSIGNED", "END_UNCOVERED"]);
  });
});
