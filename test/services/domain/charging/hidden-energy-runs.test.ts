import { expect } from "chai";
import fc from "fast-check";

import { severityOf } from "../../../../services/domain/charging/findings.ts";
import type { TransactionMessage } from "../../../../services/domain/charging/message.ts";
import type { RegisterSpan } from "../../../../services/domain/charging/outlet-continuity.ts";
import { decideSettlement, type EvidencePolicy } from "../../../../services/domain/charging/settlement-policy.ts";
import { assess, epochMs, event2, sample16, start16, stop16, timeText } from "../../../helpers/station-messages.ts";

/*
 * What abuse-runs.test.ts does not try: an outlet with a past, a begin that is not this session's, ends that nobody read, and
 * measurands that say what the register hides. 1,500 Wh flow from the twentieth second to the 280th of 300.
 */
const permissive: EvidencePolicy = {
  grades: { "meter-signed-bound": "settle", "meter-signed": "settle", "plausible-unsigned": "settle" },
  settlesSuspicious: true,
  requiresEveryMessage: false,
};
const free = { kind: "priced", grossMicro: 0n, unsignedCapMicro: null } as const;
const lengthSeconds = 300;
const flowed = (seconds: number): number => Math.round((1_500 * Math.min(260, Math.max(0, seconds - 20))) / 260);
const flowingW = (seconds: number): number => (seconds >= 20 && seconds < 280 ? 20_769 : 0);

const run = fc.record({
  protocol: fc.constantFrom("ocpp1.6" as const, "ocpp2.0.1" as const),
  ratedPowerW: fc.constantFrom(22_000, 50_000, 150_000, 350_000),
  /** What was charged at the outlet before, oldest first, and whether the service knows of it. */
  earlierWh: fc.array(fc.integer({ min: 5, max: 40_000 }), { maxLength: 4 }),
  isPastKnown: fc.boolean(),
  /** A register that is far from 0 compared with what flows in a few minutes, or near to it, or starts over. */
  firstWh: fc.oneof(fc.constant(0), fc.integer({ min: 400, max: 4_000 }), fc.integer({ min: 10_000, max: 900_000 })),
  startsOver: fc.boolean(),
  begin: fc.oneof(
    { weight: 4, arbitrary: fc.constant("right" as const) },
    { weight: 3, arbitrary: fc.constant("stale" as const) },
    { weight: 2, arbitrary: fc.constant("zero" as const) },
  ),
  stale: fc.nat(),
  everySeconds: fc.constantFrom(10, 30, 60, 70, 100, 290, 400),
  end: fc.constantFrom("right", "right", "right", "unread", "missing" as const),
  /** When something said that it is over, after its end. */
  overAfterSeconds: fc.constantFrom(0, 5, 60, 3_600),
  /** The register is in kWh and called Wh, or stands still. */
  register: fc.constantFrom("right", "right", "right", "thousandth", "still" as const),
  beside: fc.constantFrom("power", "unitless", "phases", "current", "charge" as const),
  /** No register but intervals, of which one may be wrong. */
  intervals: fc.constantFrom("none", "none", "none", "all", "last-missing", "last-zero" as const),
  isStartBehind: fc.boolean(),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;
type Members = Readonly<Record<string, unknown>>;

const decimal = (value: number) => ({ unscaled: BigInt(value), scale: 0 });

/** The registers that earlier transactions began and ended with, and the one that this session begins with. */
function pastOf({ earlierWh, firstWh, startsOver }: Run): {
  readonly spans: readonly RegisterSpan[];
  readonly nowWh: number;
} {
  let register = firstWh;
  const spans = earlierWh.map((energyWh, index): RegisterSpan => {
    const beginWh = startsOver ? 0 : register;
    register = beginWh + energyWh;
    const beganAtMs = epochMs - (earlierWh.length - index) * 7_200_000;
    return { beginWh: decimal(beginWh), endWh: decimal(register), beganAtMs, endedAtMs: beganAtMs + 3_600_000 };
  });
  return { spans, nowWh: startsOver ? 0 : register };
}

/** What was measured beside the register, in the words of 1.6 or of 2.x. */
function besideOf(chosen: Run, seconds: number): readonly Members[] {
  const is16 = chosen.protocol === "ocpp1.6";
  const watts = flowingW(seconds);
  const sampled = (value: number, measurand: string, unit: string | null, phase?: string): Members => ({
    ...{ value: is16 ? String(value) : value, measurand },
    ...(phase === undefined ? {} : { phase }),
    ...(unit === null ? {} : is16 ? { unit } : { unitOfMeasure: { unit } }),
  });
  const phases = ["L1", "L2", "L3"];
  switch (chosen.beside) {
    case "power":
      return [sampled(watts, "Power.Active.Import", "W")];
    case "unitless":
      return [sampled(watts, "Power.Active.Import", null)];
    case "phases":
      return phases.map((phase) => sampled(Math.round(watts / 3), "Power.Active.Import", "W", phase));
    case "current":
      return phases.flatMap((phase) => [
        sampled(Math.round(watts / 690), "Current.Import", "A", phase),
        sampled(230, "Voltage", "V", phase),
      ]);
    case "charge":
      return [sampled(30 + Math.floor(flowed(seconds) / 150), "SoC", null)];
  }
}

interface Session {
  readonly messages: readonly TransactionMessage[];
  readonly outlet: readonly RegisterSpan[];
  readonly overSinceMs: number | null;
}

function sessionOf(chosen: Run): Session {
  const is16 = chosen.protocol === "ocpp1.6";
  const { spans, nowWh } = pastOf(chosen);
  const outlet = chosen.isPastKnown ? spans : [];
  const isSum = chosen.intervals !== "none" && !is16;
  const registerAt = (seconds: number): number => {
    if (chosen.register === "right") return nowWh + flowed(seconds);
    return nowWh + (chosen.register === "still" ? 0 : flowed(seconds) / 1_000);
  };
  const staleWh = spans.length === 0 ? nowWh : Number(spans[chosen.stale % spans.length]?.beginWh.unscaled);
  const beginWh = { right: registerAt(0), zero: 0, stale: staleWh }[chosen.begin];
  const register = (wh: number): Members => ({ value: is16 ? String(wh) : wh });
  const startSeconds = chosen.isStartBehind ? -7_200 : 0;
  const live = { receivedAtSeconds: 0 };
  const messages: TransactionMessage[] = [];
  if (is16) messages.push(start16(startSeconds, beginWh, {}, live));
  else {
    const values = isSum ? {} : { values: [register(beginWh)] };
    messages.push(event2({ type: "Started", seconds: startSeconds, seqNo: 0, ...values, arrival: live }));
  }
  let seqNo = 0;
  let countedWh = 0;
  const interval = (seconds: number, isLast: boolean): Members => {
    const wh = chosen.intervals === "last-zero" && isLast ? 0 : flowed(seconds) - countedWh;
    countedWh = flowed(seconds);
    return { value: wh, measurand: "Energy.Active.Import.Interval" };
  };
  const times: number[] = [];
  for (let seconds = chosen.everySeconds; seconds < lengthSeconds; seconds += chosen.everySeconds) times.push(seconds);
  for (const seconds of times) {
    seqNo += 1;
    const values = [isSum ? interval(seconds, false) : register(registerAt(seconds)), ...besideOf(chosen, seconds)];
    messages.push(is16 ? sample16(seconds, values) : event2({ type: "Updated", seconds, seqNo, values }));
  }
  if (chosen.end === "missing") {
    return { messages, outlet, overSinceMs: epochMs + (lengthSeconds + chosen.overAfterSeconds) * 1_000 };
  }
  seqNo += 1;
  const isRead = chosen.end === "right" && !(isSum && chosen.intervals === "last-missing");
  if (is16)
    messages.push(
      stop16(lengthSeconds, isRead ? registerAt(lengthSeconds) : -1, { timestamp: timeText(lengthSeconds) }),
    );
  else {
    const value = isSum ? interval(lengthSeconds, true) : register(registerAt(lengthSeconds));
    const values = isRead ? { values: [value, ...besideOf(chosen, lengthSeconds)] } : {};
    messages.push(event2({ type: "Ended", seconds: lengthSeconds, seqNo, ...values }));
  }
  return { messages, outlet, overSinceMs: null };
}

/** A lie that nothing contradicts: no rule can tell it, and no test expects one to. */
function isUnknowable(chosen: Run): boolean {
  const { nowWh } = pastOf(chosen);
  // Nothing was sampled while it flowed.
  const isHidden = chosen.register !== "right" && chosen.everySeconds >= 280;
  // Who does not know the past cannot know that a begin is of it.
  const isStale = chosen.begin === "stale" && !chosen.isPastKnown;
  const isNear = chosen.begin === "zero" && nowWh > 0 && nowWh < 400;
  // The last interval is told as nothing, and nothing flowed beside it that was sampled twice.
  const isLastHidden = chosen.protocol !== "ocpp1.6" && chosen.intervals === "last-zero";
  const told = chosen.beside === "charge" || chosen.everySeconds > 60 || flowed(lengthSeconds - 40) > 0;
  return isHidden || isStale || isNear || (isLastHidden && told);
}

describe("A session of 1.500 kWh whose energy is hidden", function () {
  it("settles 1.500 kWh, or is held with a reason, and nothing else", function () {
    this.timeout(60_000);
    const numRuns = 4_000;
    let settled = 0;
    fc.assert(
      fc.property(
        run.filter((chosen) => !isUnknowable(chosen)),
        (chosen) => {
          const { messages, outlet, overSinceMs } = sessionOf(chosen);
          const station = { ratedPowerW: chosen.ratedPowerW, registerModulusWh: null };
          const assessment = assess(messages, { station, outlet, overSinceMs });
          const decision = decideSettlement(assessment, permissive, free);
          if (decision.kind === "hold") {
            expect(["DISPUTED", "UNRESOLVED"]).to.include(decision.reason);
            expect(assessment.reasons.some((code) => ["dispute", "unresolved"].includes(severityOf(code)))).to.equal(
              true,
            );
            return;
          }
          settled += 1;
          expect(assessment.energyWh).to.equal("1500");
          expect(assessment.chargingSeconds).to.be.at.most(lengthSeconds);
        },
      ),
      { seed: 20_261_130, numRuns },
    );
    // A rule that holds everything would pass as well.
    expect(settled).to.be.greaterThan(numRuns / 12);
  });

  it("settles where nothing is hidden, whatever the outlet did before", function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(run, (chosen) => {
        const honest: Run = {
          ...{ ...chosen, begin: "right", end: "right", register: "right", intervals: "none" },
          ...{
            ratedPowerW: chosen.ratedPowerW === 22_000 ? 50_000 : chosen.ratedPowerW,
            isPastKnown: true,
            isStartBehind: false,
          },
          // The third session of an outlet whose register starts over, and the first one of any other.
          earlierWh: chosen.startsOver ? [2_000, 1_000, ...chosen.earlierWh] : [700, ...chosen.earlierWh],
        };
        const { messages, outlet } = sessionOf(honest);
        const station = { ratedPowerW: honest.ratedPowerW, registerModulusWh: null };
        const assessment = assess(messages, { station, outlet });
        expect([assessment.energyWh, assessment.reasons]).to.deep.equal(["1500", ["UNSIGNED"]]);
      }),
      { seed: 20_261_130, numRuns: 1_000 },
    );
  });
});
