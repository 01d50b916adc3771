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

export interface PlannedSession {
  readonly evidence: SoakEvidence;
  readonly fault: SoakFault;
  /** Whole Wh that flow. */
  readonly energyWh: number;
  /** How long it charges, in ticks. */
  readonly ticks: number;
  /** How long the outlet is free before, in ticks. */
  readonly pauseTicks: number;
}

export interface PlannedCharger {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  /** How far its clock is ahead of ours. */
  readonly skewMs: number;
  readonly seed: number;
}

/** One step of everybody's time. */
export const tickMs = 30_000;

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
/** Right, a little off, and further off than the operator is told about: behind, and ahead. */
const skewsMs: readonly [number, ...number[]] = [0, 0, 0, 0, 0, 0, 90_000, -90_000, -1_200_000, 480_000];

export function planCharger(random: Random, index: number): PlannedCharger {
  return {
    stationId: `SOAK-${index + 1}`,
    protocol: ocppProtocols[index % ocppProtocols.length] ?? "ocpp1.6",
    skewMs: random.pick(skewsMs),
    seed: 1 + random.below(2 ** 31 - 1),
  };
}

export function planSession(random: Random): PlannedSession {
  return {
    evidence: random.pick(evidences),
    fault: random.pick(faults),
    energyWh: 500 + random.below(8_000),
    ticks: 8 + random.below(17),
    pauseTicks: 3 + random.below(8),
  };
}

/** What has to become of a session. */
export type SoakOutcome =
  | { readonly kind: "settled"; readonly energyWh: number }
  /** `hold`: why it does not settle by itself. `code`: the finding that has to be named. */
  | { readonly kind: "held"; readonly hold: string; readonly code: string };

/** What is known of a session when all is over. */
export interface PlayedSession {
  readonly plan: PlannedSession;
  /** The charger was asked and has begun. */
  readonly isBegun: boolean;
  /** What the register said last, in Wh since the begin. */
  readonly lastToldWh: number;
}

/**
 * The outcome by the rules of docs/ocpp-energy.md, from what the charger did and not from what the service said: a
 * signed value beats everything, a register that ran backwards is disputed, and unsigned energy needs the driver's word.
 */
export function outcomeOf({ plan, isBegun, lastToldWh }: PlayedSession): SoakOutcome {
  const { evidence, fault, energyWh } = plan;
  if (!isBegun) return { kind: "settled", energyWh: 0 };
  const isStopLost = fault === "lost-stop";
  if (evidence === "signed" && !isStopLost) return { kind: "settled", energyWh };
  if (fault === "register-reset") return { kind: "held", hold: "DISPUTED", code: "REGISTER_RESET" };
  if (evidence === "forged" && !isStopLost) return { kind: "held", hold: "SUSPICIOUS", code: "SIGNED_VALUE_INVALID" };
  if (evidence === "unsigned-agreed") return { kind: "settled", energyWh: isStopLost ? lastToldWh : energyWh };
  if (isStopLost && lastToldWh === 0) return { kind: "settled", energyWh: 0 };
  return { kind: "held", hold: "CAP_NOT_AGREED", code: isStopLost ? "STOP_MISSING" : "UNSIGNED" };
}
