import { DatabaseError } from "pg";

import { WattproofError } from "../../errors.ts";

/** data_corrupted and index_corrupted. */
const damage = new Set(["XX001", "XX002"]);
/**
 * The session is of no use any more: connections that failed, the server that goes down or comes up, one that became a
 * standby, and a session that the server ended because it stood in a transaction for too long.
 */
const lost = /^(?:08|57P0|25006|25P03|25P04)/;

/** What PostgreSQL or the way to it says becomes an error of the catalogue; what already is one stays. */
export function asStoreError(error: unknown): WattproofError {
  if (error instanceof WattproofError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const code = error instanceof DatabaseError && damage.has(error.code ?? "") ? "STORE_CORRUPT" : "STORE_UNAVAILABLE";
  return new WattproofError(code, detail, { cause: error });
}

/** Whether the connection that an error came from is to be given up. What does not come from the server always is. */
export function isLost(error: unknown): boolean {
  return error instanceof DatabaseError ? lost.test(error.code ?? "") : !(error instanceof WattproofError);
}
