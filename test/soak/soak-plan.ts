import { ocppProtocols, type OcppProtocol } from "../../services/store/ocpp.ts";
import type { Random } from "../helpers/random.ts";

/** What stands behind the energy of a session. */
export type SoakEvidence =
  /** The meter signs, and the record comes with the stop. */
  | "signed"
  /** The same, with a signature that does not hold. */
  | "forged"
  /** Nobody signs, and the driver has agreed to pay for that. */
  | "unsigned-agreed"
  /** Nobody signs, and the driver has agreed to nothing. */
  | "unsigned";

/** What a power cut takes with it. */
export type SoakFault = "none" | "register-reset" | "lost-stop";

/** What the charger does besides. */
export type SoakAbuse =
  | "none"
  /** Another card begins: 2.x presents the session's own later, 1.6 ends that transaction and begins anew. */
  | "wrong-token"
  /** One reading is far above its neighbours. */
  | "spike"
  /** One reading is 0, as if the register had begun anew. */
  | "zero-reading"
  /** Beside the transaction another one begins and ends with nothing. */
  | "second-start"
  /** Another transaction begins, and what flows from now on flows in it. */
  | "second-start-goes-on"
  /** The stop comes several times, the last time long after it. */
  | "repeated-stop"
  /** A reading from the middle comes after the end. */
  | "late-reading"
  /** The register stands still while energy flows. No service can know; never drawn, it shows that the check fails. */
  | "register-stuck";

export interface PlannedSession {
  readonly evidence: SoakEvidence;
  readonly fault: SoakFault;
  readonly abuse: SoakAbuse;
  /** Whole Wh that flow. */
  readonly energyWh: number;
  /** How long it charges, in ticks. */
  readonly ticks: number;
  /** How long the outlet is free before, in ticks. */
  readonly pauseTicks: number;
  /** How long what comes late waits after the end, in ticks. */
  readonly lateTicks: number;
}

export interface PlannedCharger {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  /** How far the times of its messages are ahead of ours. */
  readonly skewMs: number;
  /** Its clock is right and its messages carry local time labelled Z, so that what its meter signs has the right time. */
  readonly isLocalTime: boolean;
  readonly seed: number;
}

/** One step of everybody's time. */
export const tickMs = 30_000;
/** When readings and starts go wrong, in ticks from the begin: between two readings, as a session is long enough. */
export const abuseTick = 4;

const evidences: readonly [SoakEvidence, ...SoakEvidence[]] = [
  ...(["signed", "signed", "signed", "signed", "forged"] as const),
  ...(["unsigned-agreed", "unsigned-agreed", "unsigned"] as const),
];
const faults: readonly [SoakFault, ...SoakFault[]] = [
  "none",
  "none",
  "none",
  "none",
  "none",
  "register-reset",
  "lost-stop",
];
const abuses: readonly [SoakAbuse, ...SoakAbuse[]] = [
  ...(["none", "none", "none", "none", "none", "none", "none"] as const),
  ...(["wrong-token", "spike", "zero-reading", "second-start", "second-start-goes-on"] as const),
  ...(["repeated-stop", "late-reading"] as const),
];
/** Right, a little off, and further off than the operator is told about: behind, and ahead. */
const skewsMs: readonly [number, ...number[]] = [0, 0, 0, 0, 0, 0, 90_000, -90_000, -1_200_000, 480_000];
const localTimeMs = 7_200_000;

export function planCharger(random: Random, index: number): PlannedCharger {
  const isLocalTime = random.below(12) === 0;
  return {
    stationId: `SOAK-${index + 1}`,
    protocol: ocppProtocols[index % ocppProtocols.length] ?? "ocpp1.6",
    isLocalTime,
    skewMs: isLocalTime ? localTimeMs : random.pick(skewsMs),
    seed: 1 + random.below(2 ** 31 - 1),
  };
}

export function planSession(random: Random): PlannedSession {
  const evidence = random.pick(evidences);
  const abuse = random.pick(abuses);
  const isSigning = evidence === "signed" || evidence === "forged";
  return {
    evidence,
    // A record is of one transaction: with two, nobody could say which of them has it.
    abuse: abuse === "second-start-goes-on" && isSigning ? "second-start" : abuse,
    // Each has an outcome that can be foreseen; two at once need not.
    fault: abuse === "none" ? random.pick(faults) : "none",
    energyWh: 500 + random.below(8_000),
    ticks: 8 + random.below(17),
    pauseTicks: 3 + random.below(8),
    lateTicks: random.pick([6, 40]),
  };
}

/** What has to become of a session. */
export type SoakOutcome =
  | { readonly kind: "settled"; readonly energyWh: number; readonly flag: string | null }
  /** `hold`: why it does not settle by itself; `null`: whichever it is. `code`: the finding that has to be named. */
  | { readonly kind: "held"; readonly hold: string | null; readonly code: string };

/** What is known of a session when all is over. */
export interface PlayedSession {
  readonly plan: PlannedSession;
  readonly isLocalTime: boolean;
  /** The charger was asked and has begun. */
  readonly isBegun: boolean;
  /** What the register said last, in Wh since the begin. */
  readonly lastToldWh: number;
  /** A message of it was not told at once, or not in its order. */
  readonly hasWaited: boolean;
  /** The charger's register was set back in an earlier session. */
  readonly isAfterReset: boolean;
}

/** What can be found where a message with local time waited: of its time nothing is known but when it came. */
const codesOfLostTimes = [
  ...["TIMES_CONTRADICT", "READINGS_CONTRADICT", "REGISTER_RESET", "STEP_IMPLAUSIBLE", "READING_BEYOND_ENDS"],
  ...["BEGIN_UNCOVERED", "END_UNCOVERED", "SIGNED_TIME_OUTSIDE", "POWER_CONTRADICTS"],
] as const;

/**
 * What may become of a session: one outcome, but where a stop is lost, or a wrong clock and a wait come together, or where
 * the charger's register was set back, and too few readings showed where it went on: it then looks counted again, once;
 * only what the sealed meter signs is above that.
 */
export function outcomesOf(session: PlayedSession): readonly SoakOutcome[] {
  const { evidence, fault } = session.plan;
  const isSigned = evidence === "signed" && fault !== "lost-stop";
  const outcomes = outcomesOfClock(session);
  if (!session.isAfterReset || !session.isBegun || isSigned) return outcomes;
  return [...outcomes, { kind: "held", hold: "UNRESOLVED", code: "REGISTER_COUNTED_TWICE" }];
}

function outcomesOfClock(session: PlayedSession): readonly SoakOutcome[] {
  const usual = outcomeOf(session);
  // The power that takes the stop takes the time with it at which it came back: the last reading may be too old by then.
  if (session.plan.fault === "lost-stop" && session.isBegun && !session.isLocalTime) {
    return [usual, { kind: "held", hold: "UNRESOLVED", code: "END_UNCOVERED" }];
  }
  if (!session.isLocalTime || !session.hasWaited || !session.isBegun) return [usual];
  return [usual, ...codesOfLostTimes.map((code) => ({ kind: "held", hold: null, code }) as const)];
}

/**
 * The outcome by the rules of docs/ocpp-energy.md, from what the charger did and not from what the service said: a
 * signed value beats everything, a register that ran backwards is disputed, and unsigned energy needs the driver's word.
 */
function outcomeOf({ plan, isBegun, lastToldWh }: PlayedSession): SoakOutcome {
  const { evidence, fault, abuse, energyWh } = plan;
  if (!isBegun) return { kind: "settled", energyWh: 0, flag: null };
  const isStopLost = fault === "lost-stop";
  const flag = abuse === "spike" || abuse === "zero-reading" ? "READING_OUTLIER" : null;
  if (evidence === "signed" && !isStopLost) return { kind: "settled", energyWh, flag };
  if (fault === "register-reset") return { kind: "held", hold: "DISPUTED", code: "REGISTER_RESET" };
  if (abuse === "second-start-goes-on") {
    return { kind: "held", hold: "UNRESOLVED", code: "SESSION_CONTINUED_ELSEWHERE" };
  }
  if (evidence === "forged" && !isStopLost) return { kind: "held", hold: "SUSPICIOUS", code: "SIGNED_VALUE_INVALID" };
  if (evidence === "unsigned-agreed") {
    return isStopLost
      ? { kind: "settled", energyWh: lastToldWh, flag: "STOP_MISSING" }
      : { kind: "settled", energyWh, flag };
  }
  return { kind: "held", hold: "CAP_NOT_AGREED", code: isStopLost ? "STOP_MISSING" : (flag ?? "UNSIGNED") };
}
