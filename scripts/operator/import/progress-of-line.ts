import type { ChargingPointLine } from "./read-charging-points.ts";

/** How far the meter of a charging point is. `awaited`: its record that proves possession is missing. */
export type MeterStep = "none" | "awaited" | "pending" | "planned" | "active";

/** How far a charging point is. */
export interface ImportedPoint {
  readonly line: ChargingPointLine;
  /** Its number in the registry; `null` before it is registered. */
  evse: number | null;
  meter: number | null;
  meterStep: MeterStep;
  /** What the meter has to sign as `ID`; `null` if it is active, or the EVSE is not there. */
  possessionTag: string | null;
  hasStation: boolean;
  hasTariff: boolean;
  /** What keeps it from going on, in words. */
  readonly problems: string[];
}

export function newPoint(line: ChargingPointLine): ImportedPoint {
  const none = { evse: null, meter: null, possessionTag: null, hasStation: false, hasTariff: false };
  return { line, ...none, meterStep: "none", problems: [] };
}

/** Whether everything that its line asks for is so. */
export function isWhole({ line, evse, meterStep, hasStation, hasTariff, problems }: ImportedPoint): boolean {
  return (
    problems.length === 0 &&
    evse !== null &&
    (line.meterKey === undefined || meterStep === "active") &&
    (line.stationId === undefined || hasStation) &&
    (line.tariffId === undefined || hasTariff)
  );
}
