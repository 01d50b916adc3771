import { expect } from "chai";

import type { RegisterSpan } from "../../../../services/domain/charging/outlet-continuity.ts";
import type { StationMessage } from "../../../../services/domain/charging/message.ts";
import { assess, epochMs, event2, sample16, start16, stop16 } from "../../../helpers/station-messages.ts";

const station = { ratedPowerW: 150_000, registerModulusWh: null };
const sample = (seconds: number, value: number) => sample16(seconds, { value: String(value) });

/** From here to there, so many minutes before the session began until some later ones. */
function span(beginWh: number, endWh: number, fromMinutes = -60, toMinutes = -30): RegisterSpan {
  const wh = (value: number) => ({ unscaled: BigInt(value), scale: 0 });
  const at = (minutes: number) => epochMs + minutes * 60_000;
  return { beginWh: wh(beginWh), endWh: wh(endWh), beganAtMs: at(fromMinutes), endedAtMs: at(toMinutes) };
}

const reasons = (messages: readonly StationMessage[], outlet: readonly RegisterSpan[], changes = {}) =>
  assess(messages, { station: { ...station, ...changes }, outlet }).reasons.filter((code) => code !== "UNSIGNED");
const twice = ["REGISTER_COUNTED_TWICE"];

describe("A register from one transaction of an outlet to the next", function () {
  const session = [start16(0, 2_500), sample(120, 3_100), stop16(300, 4_000)];
  const stale = [start16(0, 1_000), sample(120, 3_100), stop16(300, 4_000)];

  it("runs on where a begin is at an earlier end, or above it", function () {
    for (const endWh of [2_500, 2_400, 1_000]) expect(reasons(session, [span(1_000, endWh)])).to.deep.equal([]);
    expect(reasons(session, [span(0, 1_000, -90, -80), span(1_000, 2_500)])).to.deep.equal([]);
    // A display in whole kWh beside one in Wh.
    const kWh = { unit: "kWh" };
    const coarse = [
      sample16(0, { value: "2", context: "Transaction.Begin", ...kWh }),
      sample16(300, { value: "4", ...kWh }),
    ];
    expect(reasons([...coarse, stop16(300, -1)], [span(1_000, 2_500)])).to.not.include("REGISTER_COUNTED_TWICE");
  });
  it("is counted twice where a begin is that of an earlier transaction, or anywhere below an earlier end", function () {
    for (const begin of [1_000, 1_700, 2_498]) {
      const messages = [start16(0, begin), sample(120, 3_100), stop16(300, 4_000)];
      expect(reasons(messages, [span(1_000, 2_500)]), `${begin}`).to.deep.equal(twice);
    }
    expect(reasons(stale, [span(1_000, 2_500, -90, -80), span(2_500, 2_500)])).to.deep.equal(twice);
    // One without energy and with the same stale begin does not hide it.
    expect(reasons(stale, [span(1_000, 2_500, -90, -80), span(1_000, 1_000)])).to.deep.equal(twice);
    // What was read while nobody charged.
    expect(reasons(stale, [span(2_500, 2_500, -1, -1)])).to.deep.equal(twice);
    expect(reasons([start16(0, 1_000), stop16(300, 2_500)], [span(1_000, 2_500)])).to.deep.equal(twice);
  });
  it("is counted twice where a later transaction counts the same, whichever is told first", function () {
    expect(reasons(stale, [span(2_500, 3_500, 60, 90)])).to.deep.equal(twice);
    expect(reasons(session, [span(4_000, 5_000, 60, 90)])).to.deep.equal([]);
    // A reading of this session that seemed to be of none when it came.
    expect(reasons(session, [span(3_000, 3_000, 2, 2)])).to.deep.equal([]);
    expect(reasons(session, [span(4_000, 5_000, 60, 90), span(1_000, 2_500)])).to.deep.equal([]);
  });
  it("starts over at 0 with each transaction where readings, an end or earlier ones show so", function () {
    const low = [start16(0, 0), sample(120, 600), stop16(300, 3_000)];
    expect(reasons(low, [span(0, 2_500)])).to.deep.equal([]);
    expect(reasons([start16(0, 0), stop16(300, 1_500)], [span(0, 2_500)])).to.deep.equal([]);
    const again = [span(0, 2_500, -90, -80), span(0, 1_000)];
    expect(reasons([start16(0, 0), stop16(300, 3_000)], again)).to.deep.equal([]);
    // Nothing shows that it did not run on from 2,500.
    expect(reasons([start16(0, 0), stop16(300, 3_000)], [span(0, 2_500)])).to.deep.equal(twice);
    expect(reasons([start16(0, 0), sample(120, 2_900), stop16(300, 4_000)], [span(0, 2_500)])).to.deep.equal(twice);
  });
  it("is another one after it stayed below an earlier end, and is held once for that", function () {
    const replaced = [start16(0, 70), sample(120, 400), stop16(300, 900)];
    expect(reasons(replaced, [span(50_000, 60_000)])).to.deep.equal(twice);
    const next = [start16(0, 900), stop16(300, 1_400)];
    expect(reasons(next, [span(50_000, 60_000, -90, -80), span(70, 900)])).to.deep.equal([]);
    const staleAgain = [start16(0, 70), stop16(300, 1_400)];
    expect(reasons(staleAgain, [span(50_000, 60_000, -90, -80), span(70, 900)])).to.deep.equal(twice);
  });
  it("may pass its declared greatest value between two transactions", function () {
    const rolled = [start16(0, 20), stop16(300, 1_520)];
    const registerModulusWh = 1_000_000n;
    expect(reasons(rolled, [span(990_000, 999_990)], { registerModulusWh })).to.deep.equal([]);
    expect(reasons(rolled, [span(300_000, 310_000)], { registerModulusWh })).to.deep.equal(twice);
    expect(reasons(rolled, [span(990_000, 999_990)])).to.deep.equal(twice);
  });
  it("holds nothing that the meter signed, and says nothing of a sum of intervals", function () {
    const interval = (seconds: number, seqNo: number, type: "Updated" | "Ended" = "Updated") =>
      event2({ type, seconds, seqNo, values: [{ value: 300, measurand: "Energy.Active.Import.Interval" }] });
    const sum = [event2({ type: "Started", seconds: 0, seqNo: 0 }), interval(60, 1), interval(120, 2, "Ended")];
    expect(reasons(sum, [span(1_000, 2_500)])).to.deep.equal([]);
  });
});

describe("A begin of 0", function () {
  const unproven = ["ZERO_BEGIN_UNPROVEN"];
  const known = [span(0, 2_500, -90, -80), span(0, 1_000)];
  it("is not believed before a leap that nothing explains", function () {
    const leaps = [
      [start16(0, 0), sample(60, 1_300 - 500), sample(120, 1_100), stop16(300, 2_000)],
      [start16(0, 0), sample(60, 800), sample(240, 1_700), stop16(300, 2_000)],
      [start16(0, 0), stop16(300, 2_500)],
      [start16(0, 0), sample(60, 0), sample(120, 800), sample(180, 1_100), stop16(300, 1_700)],
    ];
    for (const messages of leaps) expect(reasons(messages, [])).to.deep.equal(unproven);
    const events = [
      event2({ type: "Started", seconds: 0, seqNo: 0, values: [{ value: 0 }] }),
      event2({ type: "Ended", seconds: 300, seqNo: 1, values: [{ value: 2_500 }] }),
    ];
    expect(reasons(events, [])).to.deep.equal(unproven);
  });
  it("is believed where the register rises from it as it does later", function () {
    const rising = [start16(0, 0), sample(60, 300), sample(120, 600), sample(240, 1_200), stop16(300, 1_500)];
    expect(reasons(rising, [])).to.deep.equal([]);
    expect(reasons([start16(0, 0), sample(60, 250), sample(120, 600), stop16(300, 1_500)], [])).to.deep.equal([]);
    expect(reasons([start16(0, 0), stop16(300, 0)], [])).to.deep.equal([]);
  });
  it("is believed where the outlet was at 0 before, or starts over with each transaction", function () {
    expect(reasons([start16(0, 0), stop16(300, 1_500)], [span(0, 0)])).to.deep.equal([]);
    expect(reasons([start16(0, 0), stop16(300, 2_500)], known)).to.deep.equal([]);
  });
  it("is not believed where the outlet was elsewhere", function () {
    const low = [start16(0, 0), sample(60, 600), sample(120, 900), stop16(300, 1_800)];
    expect(reasons(low, [span(100, 300)])).to.deep.equal(twice);
    expect(reasons(low, [])).to.deep.equal(unproven);
  });
});
