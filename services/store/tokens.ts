import type { BoundIdTokenType } from "../domain/charging/id-token.ts";
import type { SessionTerms } from "../domain/terms.ts";
import type { VehicleConsent } from "../domain/vehicle-consent.ts";
import type { ChargingTransaction } from "./charging.ts";

/** An idToken that stands for a vehicle or fleet, and the terms on which its sessions are opened. */
export interface IdTokenBinding {
  /** In its normal spelling. */
  readonly idToken: string;
  readonly type: BoundIdTokenType;
  /** Other types under which chargers present the same card. */
  readonly furtherTypes?: readonly BoundIdTokenType[];
  readonly consentId: string;
  readonly consent: VehicleConsent;
  readonly tariffId: string;
  readonly agreement: number;
  /** What each session holds, in 10⁻⁶ token. */
  readonly holdMicro: bigint;
  /** The contract's certificate and its issuer's, PEM; `null` where there is none. */
  readonly certificatePem: string | null;
  readonly boundAtMs: number;
}

/** All types of 2.x under which a binding is found, the first that was given first. */
export function typesOf({ type, furtherTypes = [] }: IdTokenBinding): readonly BoundIdTokenType[] {
  return [type, ...furtherTypes];
}

/**
 * `prepared`: its terms are signed, and it is or was sent. `open`: the chain has it, and it is not yet known to the service.
 * `attached`: the transaction has its session. `refused`: it has none, unless a transaction that was sent is mined later.
 */
export type TokenOpeningStatus = "prepared" | "open" | "attached" | "refused";

/** The session that a transaction with a bound idToken gets. */
export interface TokenOpening {
  /** Number of the charging transaction. */
  readonly ordinal: number;
  readonly stationId: string;
  readonly ocppTransactionId: string;
  /** In its normal spelling. */
  readonly idToken: string;
  /** Driver and lane; see `accountOf`. */
  readonly account: string;
  readonly status: TokenOpeningStatus;
  /** What was signed; `null` where it did not come to that. */
  readonly intent: {
    readonly sessionId: string;
    readonly consent: VehicleConsent;
    readonly terms: SessionTerms;
    readonly signature: string;
    /** The newest block when it was signed. */
    readonly blockNumber: number;
  } | null;
  /** Why it was refused: a code. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly atMs: number;
}

/** The part of the ledger about idTokens that are bound to consents; durability and errors are those of the whole. */
export interface TokenStore {
  /** Adds or replaces. Durable on return. */
  putIdTokenBinding(binding: IdTokenBinding): Promise<void>;
  /** Durable on return. @returns whether there was one */
  removeIdTokenBinding(idToken: string): Promise<boolean>;
  /** @param idToken In its normal spelling. */
  findIdTokenBinding(idToken: string): Promise<IdTokenBinding | null>;
  /** By idToken. */
  listIdTokenBindings(limit: number): Promise<readonly IdTokenBinding[]>;

  /** Transactions with a bound idToken, no session and nothing decided about it, whose last message is not older. */
  listTransactionsToOpen(sinceMs: number, limit: number): Promise<readonly ChargingTransaction[]>;
  /** Keeps what was decided about a transaction, unless something is kept: then that stands. Durable on return. */
  putTokenOpening(opening: TokenOpening): Promise<TokenOpening>;
  /** Durable on return. */
  updateTokenOpening(
    opening: Pick<TokenOpening, "ordinal" | "status" | "reason" | "attempts" | "nextAtMs">,
  ): Promise<void>;
  /** The newest of the transactions that the station gave this id. */
  findTokenOpening(stationId: string, ocppTransactionId: string): Promise<TokenOpening | null>;
  /** An opening on the account that is on its way. */
  findPreparedOpening(account: string): Promise<TokenOpening | null>;
  /** Whether the station has an open transaction with this idToken that got a session, or gets one. */
  hasRunningOpening(stationId: string, idToken: string): Promise<boolean>;
  /** Openings that need a look: one is due, or their session is there, also where it was refused. */
  listOpeningsToPursue(nowMs: number, limit: number): Promise<readonly TokenOpening[]>;
  /** Newest first. */
  listTokenOpenings(status: TokenOpeningStatus | null, limit: number): Promise<readonly TokenOpening[]>;
}
