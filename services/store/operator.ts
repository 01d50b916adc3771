import type { SessionStatus } from "../domain/session.ts";
import type { QuarterTotals } from "../domain/energy-totals.ts";
import type { StoredSession } from "./sessions.ts";

/** A page of sessions, newest first. */
export interface NewestSessionsQuery {
  readonly statuses: readonly SessionStatus[];
  /** Of this operator alone; `null`: of all. */
  readonly operator: string | null;
  /** At these EVSEs alone; `null`: at all. */
  readonly evses?: readonly number[] | null;
  /** Opened on the chain in this time, in seconds since 1970: from the first on, before the second. */
  readonly fromSeconds?: number | null;
  readonly untilSeconds?: number | null;
  /** What the session's id, or an idTag that it had, begins with. */
  readonly find?: { readonly kind: "session" | "tag"; readonly prefix: string } | null;
  readonly limit: number;
  /** The last session of the page before. */
  readonly before: string | null;
}

/** A session with when it became known and when it last changed, in milliseconds since 1970. */
export interface DatedSession {
  readonly session: StoredSession;
  readonly openedAtMs: number;
  readonly changedAtMs: number;
}

/** A registered station, with when its last message came through the HTTP door. */
export interface StationActivity {
  readonly stationId: string;
  readonly lastMessageAtMs: number | null;
}

/** Credit on the chain belongs to an operator under an agreement with partners; agreement 0 is without partners. */
export interface CreditKey {
  readonly operator: string;
  readonly agreement: number;
}

/** What is on its way, and what hangs besides sessions. */
export interface PipelineCounts {
  /** Sessions in batches that nothing was sent for yet. */
  readonly formedSessions: number;
  /** Sessions in batches whose transaction is on its way. */
  readonly sentSessions: number;
  readonly openBatches: number;
  readonly oldestBatchAtMs: number | null;
  /** Messages through the HTTP door without a verdict. */
  readonly pendingMessages: number;
  /** Messages of OCPP that could not be handed on. */
  readonly parkedFrames: number;
  /** Challenges, answers and conclusions that are due or on their way, and those given up. */
  readonly openActs: number;
  readonly givenUpActs: number;
}

/** What the operator's page reads and nothing else does; durability and errors are those of the whole ledger. */
export interface OperatorStore {
  /** @throws QUERY_INVALID if `before` is unknown */
  listNewestSessions(query: NewestSessionsQuery): Promise<readonly DatedSession[]>;
  /** Sessions are those of one operator, or of all (`null`); what is not of sessions is always counted as a whole. */
  countPipeline(operator: string | null): Promise<PipelineCounts>;
  /** How many sessions of this operator are in each state. */
  countSessionsOf(operator: string): Promise<ReadonlyMap<SessionStatus, number>>;
  /** Operators that sessions were opened with, in order. */
  listOperators(limit: number): Promise<readonly string[]>;
  countStations(): Promise<number>;
  /** Stations behind this id whose ids begin so, by id. */
  listStationsAfter(after: string | null, limit: number, prefix?: string): Promise<readonly StationActivity[]>;
  /**
   * What sessions of this time bring, as `sumsOf` says of each, by quarter of an hour, oldest first; none where there are
   * none. A session is of the time of its charge detail record, or of its settlement where others settled it.
   */
  sumSessions(fromMs: number, untilMs: number, operator: string | null): Promise<readonly QuarterTotals[]>;
  /** Operators and agreements that sessions were opened under, in order, behind this one. */
  listCreditKeys(after: CreditKey | null, limit: number, operator: string | null): Promise<readonly CreditKey[]>;
}
