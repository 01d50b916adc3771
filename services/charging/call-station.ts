import { WattproofError } from "../errors.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { RemoteCall } from "./remote-calls.ts";

/** What came of calling a station. `lost`: it may have done what it was asked, and nobody knows. */
export type CallOutcome =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "lost"; readonly code: string };

/** Calls a station; that it does not do as it is asked is an outcome like another. */
export async function callStation(
  commands: StationCommands,
  stationId: string,
  { action, payload }: RemoteCall,
): Promise<CallOutcome> {
  try {
    return { kind: "answered", answer: await commands.callStation(stationId, action, payload) };
  } catch (error) {
    if (!(error instanceof WattproofError)) throw error;
    const isLost = error.code === "STATION_TIMEOUT" || error.code === "STATION_OFFLINE";
    return { kind: isLost ? "lost" : "refused", code: error.code };
  }
}
