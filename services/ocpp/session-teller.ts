import type { Tariff } from "../domain/tariff.ts";
import type { OcppProtocol } from "../store/ocpp.ts";

/** What a station is about to be told of a session. */
export interface SessionQuestion {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly about:
    | { readonly kind: "transaction"; readonly ocppTransactionId: string; readonly isEnded: boolean }
    /** Before a transaction. */
    | { readonly kind: "idToken"; readonly idToken: string };
}

/** What a station can show of a session. Amounts are in 10⁻⁶ token, tax included. */
export interface ToldSession {
  readonly sessionId: string;
  readonly tariffId: string;
  readonly tariff: Tariff;
  /** What it costs so far, or at its end. */
  readonly costMicro: bigint;
  /** The most that it can cost: what the driver's hold pays. */
  readonly holdMicro: bigint;
  /** The most energy that the hold pays, in watt-hours; `null` where time costs something, too. */
  readonly holdWh: number | null;
  /** Which of these limits the station keeps by itself. */
  readonly limits: ReadonlySet<"MaxCost" | "MaxEnergy">;
  /** Where the receipt can be seen, and its number. `null` where the service has no address for drivers. */
  readonly receipt: { readonly url: string; readonly id: string } | null;
  /** ISO 4217. */
  readonly currency: string;
}

/** Says what stations show of sessions. */
export interface SessionTeller {
  /** @returns `null` if the transaction is no session's. A rejection is a fault of ours: the station gets no answer. */
  tell(question: SessionQuestion): Promise<ToldSession | null>;
}

const microPerToken = 1_000_000;

/** An amount as OCPP writes it: a decimal of the currency. */
export function ocppAmount(amountMicro: bigint): number {
  return Number(amountMicro) / microPerToken;
}
