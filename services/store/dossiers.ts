import type { StoredSession } from "./sessions.ts";

/** A meter of which an operator had sessions, and where it measured. */
export interface MeterOfSessions {
  readonly meter: number;
  readonly evse: number;
}

/** What a dossier is made from; durability and errors are those of the whole ledger. */
export interface DossierStore {
  /** By number of the meter. */
  listMetersOf(operator: string): Promise<readonly MeterOfSessions[]>;
  /** In the order in which they became known. @throws QUERY_INVALID if `after` is unknown */
  listSessionsOfMeter(
    operator: string,
    meter: number,
    after: string | null,
    limit: number,
  ): Promise<readonly StoredSession[]>;
}
