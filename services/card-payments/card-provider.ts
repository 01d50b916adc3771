/**
 * The room of payments by card. In come drivers who pay at a provider's page and what the provider says of their payments;
 * out go sessions of a proxy account on the chain, and what the provider is told to take. Nothing of a card comes in. What is
 * guaranteed: no session without reserved money, nothing taken twice, nothing reserved for ever
 * (`docs/decisions/0122-payments-by-card.md`).
 */
import type { CardAccount } from "../domain/card-payment.ts";

/** A page of the provider on which a driver enters a card; and what the provider calls the payment. */
export interface CardPage {
  readonly reference: string;
  readonly pageUrl: string;
}

/** A payment as the provider knows it now. */
export interface ProviderPayment extends CardAccount {
  /** The provider's name for the reservation; `null` until the driver has paid. */
  readonly reservation: string | null;
}

/**
 * A payment provider. Every call that changes something carries a key: the same call with the same key changes nothing again,
 * so that a call whose answer was lost is made again.
 *
 * Errors: CARD_PROVIDER_UNAVAILABLE if there is no answer, or none that says what was done; CARD_PROVIDER_REFUSED if the
 * provider says that it did nothing.
 */
export interface CardProvider {
  /** Asks for a page that reserves an amount. Without a card it reserves nothing, and ends by itself at `payByMs`. */
  createPage(order: {
    readonly key: string;
    readonly paymentId: string;
    readonly amountMinor: number;
    readonly currency: string;
    /** What the driver reads there. */
    readonly description: string;
    /** Where the driver is led back to. */
    readonly returnUrl: string;
    readonly payByMs: number;
  }): Promise<CardPage>;
  read(reference: string): Promise<ProviderPayment>;
  /** Takes so much of what is reserved, and frees the rest. */
  capture(order: { readonly reservation: string; readonly amountMinor: number; readonly key: string }): Promise<void>;
  /** Frees what is reserved. */
  release(order: { readonly reservation: string; readonly key: string }): Promise<void>;
  /** Has the page take no card any more. */
  closePage(order: { readonly reference: string; readonly key: string }): Promise<void>;
  /** Gives back some of what was taken. */
  refund(order: {
    readonly reference: string;
    readonly reservation: string;
    readonly amountMinor: number;
    readonly key: string;
  }): Promise<void>;
}
