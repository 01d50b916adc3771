import type { DriverState } from "../../../ocpp/words.ts";

/** Status of an EVSE in OCPI (mod_locations) that a station can be in. */
export type OcpiStatus = "AVAILABLE" | "BLOCKED" | "CHARGING" | "INOPERATIVE" | "OUTOFORDER" | "RESERVED" | "UNKNOWN";

const ofWords: Readonly<Record<string, OcpiStatus>> = {
  Charging: "CHARGING",
  SuspendedEV: "CHARGING",
  SuspendedEVSE: "CHARGING",
  Reserved: "RESERVED",
  Unavailable: "INOPERATIVE",
  Faulted: "OUTOFORDER",
};

/**
 * What OCPI calls the state of an EVSE.
 * @param state For drivers.
 * @param word The station's own; `null` where it said none.
 * @param isCharging Whether a transaction is open there: "Occupied" of OCPP 2.x says it of no more than the outlet.
 */
export function ocpiStatusOf(state: DriverState, word: string | null, isCharging: boolean): OcpiStatus {
  if (state === "free") return "AVAILABLE";
  if (state === "offline" || state === "unknown") return "UNKNOWN";
  const known = ofWords[word ?? ""];
  if (known !== undefined) return known;
  return isCharging ? "CHARGING" : "BLOCKED";
}
