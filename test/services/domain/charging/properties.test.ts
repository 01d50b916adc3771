import { expect } from "chai";
import fc from "fast-check";

import type { TransactionMessage } from "../../../../services/domain/charging/message.ts";
import { assess, event2, sample16, signedEvidence, start16, stop16 } from "../../../helpers/station-messages.ts";

const ratedPowerW = 11_000;
const second = fc.integer({ min: -100, max: 1_000 });
// Values that stand still, run on, leap and mean nothing.
const value = fc.oneof(
  fc.integer({ min: 0, max: 3_000 }).map(String),
  fc.integer({ min: 0, max: 3_000_000 }).map((wh) => (wh / 1_000).toFixed(3)),
  fc.constantFrom("0", "NaN", "9e9", "-1", "", "909948", "99999999999999999999", "0.38242000000000004"),
);
const unit = fc.constantFrom(undefined, "Wh", "kWh", "MWh");
const context = fc.constantFrom(
  undefined,
  "Sample.Periodic",
  "Sample.Clock",
  "Transaction.Begin",
  "Transaction.End",
  "?",
);
const sampled = fc.record({ value, unit, context });

const message16: fc.Arbitrary<TransactionMessage> = fc.oneof(
  fc.tuple(second, sampled).map(([seconds, values]) => sample16(seconds, values)),
  fc
    .tuple(second, sampled, fc.constantFrom("W", "kW"))
    .map(([seconds, values, powerUnit]) =>
      sample16(seconds, [values, { value: "11", measurand: "Power.Active.Import", unit: powerUnit }]),
    ),
  fc.tuple(second, fc.integer({ min: 0, max: 3_000 })).map(([seconds, meterStop]) => stop16(seconds, meterStop)),
);
const message2: fc.Arbitrary<TransactionMessage> = fc
  .record({
    type: fc.constantFrom("Started", "Updated", "Ended"),
    seconds: second,
    seqNo: fc.integer({ min: 0, max: 5 }),
    values: fc.array(
      fc.record({
        value: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.double({ min: 0, max: 3_000, noNaN: true })),
        unitOfMeasure: fc.constantFrom({}, { unit: "kWh" }, { unit: "Wh", multiplier: 3 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(event2);
const messages16 = fc
  .tuple(fc.integer({ min: 0, max: 3_000 }), fc.array(message16, { maxLength: 12 }))
  .map(([meterStart, others]) => [start16(0, meterStart), ...others]);
const messages: fc.Arbitrary<readonly TransactionMessage[]> = fc.oneof(
  messages16,
  fc.array(message2, { maxLength: 10 }),
);

describe("The assessment of any transaction", function () {
  it("does not depend on the order in which messages are listed", function () {
    const shuffled = messages.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(assess(other)).to.deep.equal(assess(list));
      }),
    );
  });
  it("does not depend on when messages that do not contradict each other arrive", function () {
    const honest = fc.uniqueArray(fc.integer({ min: 1, max: 599 }), { minLength: 1, maxLength: 10 }).chain((seconds) =>
      fc.tuple(
        fc.constant(seconds),
        fc.array(fc.integer({ min: 600, max: 900 }), {
          minLength: seconds.length + 2,
          maxLength: seconds.length + 2,
        }),
      ),
    );
    const listAt = (seconds: readonly number[], arrivals: readonly number[]) => {
      const at = (index: number) => ({ receivedAtSeconds: arrivals[index] ?? 600 });
      const samples = seconds.map((s, index) => sample16(s, { value: String(1_000 + 3 * s) }, {}, at(index + 2)));
      return [start16(0, 1_000, {}, at(0)), stop16(600, 2_800, {}, at(1)), ...samples];
    };
    fc.assert(
      fc.property(honest, ([seconds, arrivals]) => {
        const { grade, energyWh, reasons } = assess(listAt(seconds, arrivals));
        expect([grade, energyWh, reasons]).to.deep.equal(["plausible-unsigned", "1800", ["UNSIGNED"]]);
      }),
    );
  });
  it("does not change when messages are repeated, later and under new numbers of frames", function () {
    const repeated = messages.chain((list) => fc.tuple(fc.constant(list), fc.subarray([...list])));
    fc.assert(
      fc.property(repeated, ([list, again]) => {
        const repeats = again.map((message, index) => ({
          ...message,
          receivedAtMs: message.receivedAtMs + 1_000_000,
          frameId: `repeat-${index}`,
        }));
        expect(assess([...list, ...repeats])).to.deep.equal(assess(list));
      }),
    );
  });
  it("never gives negative energy, nor more than the outlet can deliver in the time", function () {
    fc.assert(
      fc.property(messages, (list) => {
        const { energyMicroWh, segments } = assess(list);
        expect(energyMicroWh >= 0n).to.equal(true);
        const first = segments[0]?.begin.epochMs ?? 0;
        const last = segments.at(-1)?.end.epochMs ?? 0;
        const readings = list.reduce((count, message) => count + message.readings.length, 0);
        // Each step may add one quantum (at most a kilowatt-hour with multiplier 3) and the resolution of its times.
        const possibleWh =
          1.05 * ((ratedPowerW * (last - first)) / 3_600_000 + readings * (1_000 + ratedPowerW / 3_600_000));
        expect(Number(energyMicroWh) / 1e6).to.be.at.most(possibleWh + 0.001);
      }),
      { numRuns: 300 },
    );
  });
  it("counts what an honest meter delivered, whatever is lost on the way", function () {
    const steps = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 40 });
    const session = steps.chain((list) => fc.tuple(fc.constant(list), fc.subarray(list.map((_, index) => index))));
    fc.assert(
      fc.property(session, ([list, arrived]) => {
        let register = 5_000;
        const registers = list.map((step) => (register += step));
        const samples = arrived.map((index) => sample16(10 * (index + 1), { value: String(registers[index]) }));
        const assessment = assess([start16(0, 5_000), ...samples, stop16(10 * list.length, register)]);
        expect([assessment.grade, assessment.energyWh]).to.deep.equal(["plausible-unsigned", String(register - 5_000)]);
      }),
    );
  });
  it("is what the meter signed, whatever was not signed", function () {
    fc.assert(
      fc.property(messages16, fc.bigInt({ min: 0n, max: 10_000_000n }), (list, energyMicroWh) => {
        const assessment = assess(list, { signed: signedEvidence(energyMicroWh, 60), sessionIdTag: null });
        // The one objection that unsigned messages can make is to the time.
        if (assessment.reasons.includes("SIGNED_TIME_OUTSIDE") || assessment.flags.includes("SIGNED_TIME_OUTSIDE"))
          return;
        if (assessment.reasons.includes("SIGNED_IMPLAUSIBLE")) return;
        expect([assessment.grade, assessment.energyMicroWh]).to.deep.equal(["meter-signed", energyMicroWh]);
      }),
    );
  });
});
