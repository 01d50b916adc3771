import type { CardPaymentOutcome, CardPaymentStatus } from "../domain/card-payment.ts";
import type { TokenOpening } from "./tokens.ts";

/** A payment by card for one charge. Nothing in it is of the card. */
export interface CardPayment {
  /** SHA-256 of the key that the driver's page made and shows: `0x` and 64 digits. */
  readonly paymentId: string;
  readonly status: CardPaymentStatus;
  /** How often it was changed; see `updateCardPayment`. */
  readonly version: number;
  readonly evse: number;
  readonly tariffId: string;
  /** Reserved on the card, in hundredths of the currency. */
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Until then the driver can enter a card. */
  readonly payByMs: number;
  /** The provider's name for the payment, once it has one. */
  readonly reference: string | null;
  /** The provider's name for the reservation, which its notices use. */
  readonly reservation: string | null;
  /** The provider's page for the card. */
  readonly pageUrl: string | null;
  /** The session that the proxy account opens for it; `null` until it is signed. */
  readonly intent: NonNullable<TokenOpening["intent"]> | null;
  /** The proxy's account, while it is in use for this payment; see `accountOf`. */
  readonly account: string | null;
  readonly outcome: CardPaymentOutcome | null;
  /** Why it was not opened, or was not paid: a code. */
  readonly reason: string | null;
  readonly owedMinor: number | null;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly disputedMinor: number;
  readonly missingMinor: number;
  /** Attempts in a row that failed. */
  readonly failures: number;
  /** When the operator was last told that it does not move. */
  readonly toldAtMs: number;
  readonly createdAtMs: number;
  readonly statusSinceMs: number;
  /** When it is looked at next; `null`: when the provider tells of something. */
  readonly nextAtMs: number | null;
}

/** Payments by card; durability and errors are those of the whole ledger. */
export interface CardPaymentStore {
  /** Adds a payment; one that is there stays as it is. Durable on return. @returns what stands */
  putCardPayment(payment: CardPayment): Promise<CardPayment>;
  /**
   * Replaces a payment of this version by the same with the next version. Durable on return.
   * @returns `taken`: another payment has its account; then nothing was written
   */
  updateCardPayment(payment: CardPayment): Promise<"stored" | "stale" | "taken">;
  findCardPayment(paymentId: string): Promise<CardPayment | null>;
  /** Due now, what waits longest first. */
  listDueCardPayments(nowMs: number, limit: number): Promise<readonly CardPayment[]>;
  /** The accounts of the proxy that payments use now. */
  listBusyCardAccounts(): Promise<readonly string[]>;
  /** Newest first. */
  listCardPayments(status: CardPaymentStatus | null, limit: number): Promise<readonly CardPayment[]>;
  /** Has those be looked at that the provider knows by one of these names. Durable on return. @returns how many */
  wakeCardPayments(names: readonly string[], nowMs: number): Promise<number>;
}
