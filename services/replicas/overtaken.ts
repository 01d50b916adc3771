import { WattproofError } from "../errors.ts";

const codes = ["LEASE_LOST", "STATION_MOVED", "STORE_CONTENDED"];

/** Another replica does what was begun here: no fault, and nothing that an operator could do. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof WattproofError && codes.includes(error.code);
}
