import type { SessionEnding } from "../chain/session-history.ts";
import { powerOf, type SessionView } from "./session-view.ts";

/** What a session's card shows: how much, how long, and who says so. */
export interface LiveFigures {
  /**
   * `final`: what the settlement goes by, or is about to. `signed`: what the meter signed so far. `unsigned`: what the
   * charger says, since its meter signs at the end alone; a price from it is an estimate. `none`: nobody has said anything.
   */
  readonly source: "final" | "signed" | "unsigned" | "none";
  readonly energyMicroWh: bigint;
  readonly seconds: number;
  /** `null` where nothing says what flows now. */
  readonly powerW: number | null;
}

/**
 * The best that is known of a session now.
 * @param isCharging Energy may still flow, so that time goes on.
 */
export function liveFiguresOf(
  view: SessionView,
  ending: SessionEnding,
  isCharging: boolean,
  nowMs: number,
): LiveFigures {
  if (ending.kind === "settled") {
    return { source: "final", energyMicroWh: ending.energyMicroWh, seconds: ending.chargingSeconds, powerW: null };
  }
  const { cdr, readings, unsigned } = view;
  if (cdr !== null) {
    return { source: "final", energyMicroWh: cdr.energyMicroWh, seconds: cdr.chargingSeconds, powerW: null };
  }
  const said = unsigned.at(-1);
  // One signed value is where the session began: from there on nobody but the charger says anything until its end.
  if (said !== undefined && readings.length <= 1) {
    const durationMs = isCharging ? Math.max(said.durationMs, nowMs - said.sinceMs) : said.durationMs;
    return {
      source: "unsigned",
      energyMicroWh: atLeastZero(said.energyMicroWh),
      seconds: secondsOf(durationMs),
      powerW: powerOf(unsigned),
    };
  }
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) {
    return { source: "none", energyMicroWh: 0n, seconds: 0, powerW: null };
  }
  const untilMs = isCharging ? Math.max(nowMs, last.atMs) : last.atMs;
  return {
    source: "signed",
    energyMicroWh: atLeastZero(last.energyMicroWh),
    seconds: secondsOf(untilMs - first.atMs),
    powerW: powerOf(readings),
  };
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}

function atLeastZero(value: bigint): bigint {
  return value < 0n ? 0n : value;
}
