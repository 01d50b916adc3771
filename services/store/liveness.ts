import type { LogPosition, SessionStatus } from "../domain/session.ts";
import type { StoredSession } from "./sessions.ts";

/** What an operator had the service do, and why; kept for ever. */
export interface OperatorAction {
  readonly atMs: number;
  /** The beginning of the SHA-256 of the operator's key: which key it was, and nothing more. */
  readonly keyId: string;
  /** The name of that key; `null` where it had none yet. */
  readonly keyName: string | null;
  readonly action: string;
  /** What it was done to: a session, blocks, a station, a frame, a tariff, a card, a tag or a key's name. */
  readonly subject: string;
  /** JSON. */
  readonly details: string;
  /** `done`, or the code with which it was refused. */
  readonly result: string;
}

/** Without a result it was done. */
export type NewOperatorAction = Omit<OperatorAction, "result"> & Partial<Pick<OperatorAction, "result">>;

/** What keeps settlement going, and what is done by hand where it does not. Durability and errors are those of the ledger. */
export interface LivenessStore {
  /** Where the events stand that the session rests on, those of undone blocks left out. */
  listEventPlaces(sessionId: string): Promise<readonly LogPosition[]>;
  /**
   * Whether an alert about something is due, and notes that it was given: at first, and again after `repeatMs`. Durable on
   * return.
   */
  noteAlert(alert: string, subject: string, atMs: number, repeatMs: number): Promise<boolean>;
  /**
   * Sessions that are in a status since `sinceMs` or longer, oldest first, without those that were told since `toldSinceMs`, and
   * without those that an operator left to an expiry that is still to come.
   */
  listStuckSessions(query: {
    readonly status: SessionStatus;
    readonly sinceMs: number;
    readonly toldSinceMs: number;
    readonly nowSeconds: number;
    readonly limit: number;
  }): Promise<readonly { readonly session: StoredSession; readonly statusSinceMs: number }[]>;
  /** For each status that sessions are in: since when the oldest of them is. */
  readOldestSessions(): Promise<ReadonlyMap<SessionStatus, number>>;
  /** When the oldest message of a station came that could not be handed on; `null` if there is none. */
  readOldestParkedFrameMs(): Promise<number | null>;
  /** How far the clock for waits was at last; `null` if that was never written. */
  readSteadyMark(): Promise<number | null>;
  /** Moves that mark, never backwards. Durable on return. */
  moveSteadyMark(atMs: number): Promise<void>;
  /** Durable on return. */
  recordAction(action: NewOperatorAction): Promise<void>;
  /**
   * A frame that was set aside is so no longer, and nothing follows from it: in one step these sessions have it as a message
   * of no transaction, and the action is kept. Durable on return. @returns whether it was set aside
   */
  discardParkedFrame(ordinal: number, sessionIds: readonly string[], action: NewOperatorAction): Promise<boolean>;
  /** What was done to this, oldest first. */
  listActions(subject: string): Promise<readonly OperatorAction[]>;
  /**
   * What was done last, newest first.
   * @param query.subject To this alone; `null`: to anything.
   * @param query.beforeOrdinal Only what was done before the action of this ordinal; `null`: all.
   */
  listNewestActions(query: {
    readonly subject: string | null;
    readonly beforeOrdinal: number | null;
    readonly limit: number;
  }): Promise<readonly (OperatorAction & { readonly ordinal: number })[]>;
}
