import type { Cdr } from "../domain/cdr.ts";
import type { SessionEvent, SessionState, SessionStatus } from "../domain/session.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";

export interface StoredSession {
  readonly sessionId: string;
  /** The one of its present opening: what a charger is started with, and what its meter signs. */
  readonly idTag: string;
  readonly terms: SessionTerms;
  readonly state: SessionState;
  /** How many events the session has had; the number of the next one. */
  readonly sequence: number;
}

/** A step of a session: refused as stale unless the session still has `expectedSequence` events. */
export interface SessionChange {
  readonly sessionId: string;
  readonly expectedSequence: number;
  readonly events: readonly SessionEvent[];
  readonly next: SessionState;
  readonly atMs: number;
}

/** A session that the chain opened and the store did not know. */
export interface NewSession {
  readonly sessionId: string;
  readonly idTag: string;
  readonly terms: SessionTerms;
  readonly event: Extract<SessionEvent, { kind: "opened" }>;
  readonly state: SessionState;
  readonly atMs: number;
}

/** Applied, or nothing was changed because something else changed first. */
export type WriteOutcome = "stored" | "stale";

export interface SessionQuery {
  readonly status: SessionStatus | null;
  readonly limit: number;
  /** The last session of the page before. */
  readonly after: string | null;
  readonly operator?: string | undefined;
  readonly driver?: string | undefined;
  readonly evse?: number | undefined;
  /** Whether the chain has closed it, by settlement or expiry; without it, both. */
  readonly isEnded?: boolean | undefined;
  /** By default the oldest comes first. */
  readonly order?: "oldest-first" | "newest-first";
}

/** Sessions and what is known of them. Durability and errors are those of the whole ledger. */
export interface SessionStore {
  findSession(sessionId: string): Promise<StoredSession | null>;
  /**
   * The session that has this idTag, in its normal spelling, or had it before a reorganisation opened it again. Where
   * another session opened with the same idTag later, it is the first.
   */
  findSessionByIdTag(idTag: string): Promise<StoredSession | null>;
  /** All idTags that the session has had, the present one included, in the order in which they became known. */
  listIdTags(sessionId: string): Promise<readonly string[]>;
  /**
   * A page of sessions in the order in which they became known. What is read is the page, however many sessions there are.
   * @throws QUERY_INVALID if `after` is unknown
   */
  listSessions(query: SessionQuery): Promise<readonly StoredSession[]>;
  /** Every status is in it, also with 0. */
  countSessions(): Promise<ReadonlyMap<SessionStatus, number>>;
  /** `null` until the session is complete. */
  findCdr(sessionId: string): Promise<Cdr | null>;
  /** A tariff that the chain or an assignment brought; its first content stands. */
  findTariff(tariffId: string): Promise<Tariff | null>;
}
