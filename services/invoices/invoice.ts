/**
 * Invoices: what a driver gets as a receipt, and as a credit note where money came back. In come sessions that the chain
 * has settled, and where drivers want their receipts; out go papers that never change once they are written, each to the
 * driver's e-mail address and to the operator's webhook, at least once.
 *
 * `invoice.ts` says what is on a paper, `write-invoice.ts` works it out of a session, `invoice-text.ts` writes it in four
 * languages. `issue-invoices.ts` finds what is due, `deliver-invoices.ts` sends it until it has arrived; `mail.ts` and
 * `webhook.ts` are the two ways. `wiring/invoices.ts` starts both rounds; `http/public/` and `http/driver/` ask them.
 */
import { z } from "zod";

import { sellerSchema } from "./seller.ts";

const micro = z
  .string()
  .regex(/^-?[0-9]{1,40}$/u)
  .transform(BigInt);
const seconds = z.int().nonnegative();
const reading = z.strictObject({ atSeconds: seconds, registerMicroWh: micro });

/** What a line is for. `limit`: minimum or maximum of the tariff. `hold`: above what the driver had agreed to. */
export const invoiceParts = [
  "flat",
  "energy",
  "charging",
  "connected",
  "limit",
  "hold",
  "agreed",
  "challenge",
  "refund",
] as const;
export type InvoicePart = (typeof invoiceParts)[number];

/** A receipt or a credit note as it is kept. Amounts are in 10⁻⁶ of the currency; those of a credit note are negative. */
export const invoiceSchema = z.strictObject({
  kind: z.enum(["receipt", "credit-note"]),
  number: z.string(),
  /** The receipt itself, or the one that the credit note corrects. */
  receiptNumber: z.string(),
  issuedAtSeconds: seconds,
  sessionId: z.string(),
  /** The account that sells. */
  operator: z.string(),
  /** `null`: the service knows the account alone. */
  seller: sellerSchema.nullable(),
  /** Where the operator made the hash of the seller's file public; `null` where it did not, or not this one. */
  sellerProof: z.strictObject({ hash: z.string(), transaction: z.string() }).nullable(),
  /** ISO 4217. */
  currency: z.string(),
  evse: z.int(),
  /** As it is printed on the charger; `null` where the registry has none. */
  evseId: z.string().nullable(),
  meter: z.int(),
  /** When the chain opened the session. */
  openedAtSeconds: seconds,
  /** What the meter signed first and last; `null` where the records cannot be read here. */
  begin: reading.nullable(),
  end: reading.nullable(),
  /** `null` where driver and operator agreed on a sum, and nothing is said of the energy. */
  energyMicroWh: micro.nullable(),
  chargingSeconds: seconds.nullable(),
  connectedSeconds: seconds.nullable(),
  /** The charging station showed another cost. */
  isShownOtherwise: z.boolean(),
  /** Time is a part of the price. */
  isTimePriced: z.boolean(),
  lines: z
    .array(
      z.strictObject({
        part: z.enum(invoiceParts),
        netMicro: micro,
        taxMicro: micro,
        /** `null` where parts with several rates are in it. */
        taxBps: z.int().nullable(),
      }),
    )
    .readonly(),
  netMicro: micro,
  taxMicro: micro,
  grossMicro: micro,
  /** The transaction in which the money moved, and the token. */
  payment: z.strictObject({ token: z.string(), transaction: z.string() }),
  /** Where anybody can check it. */
  checkUrl: z.string().nullable(),
});

export type Invoice = z.output<typeof invoiceSchema>;

/** Who buys, where the driver says so: what an invoice to a company has to name. */
export const customerSchema = z.strictObject({
  name: z.string().trim().min(1).max(120),
  address: z.string().trim().min(1).max(300).optional(),
  vatNumber: z
    .string()
    .regex(/^[A-Z]{2}[0-9A-Z+*]{2,13}$/u)
    .optional(),
});

export const invoiceLanguages = ["en", "de", "fr", "it"] as const;
export type InvoiceLanguage = (typeof invoiceLanguages)[number];

/** Where a driver wants the receipt of a session. */
export const recipientSchema = z.strictObject({
  email: z.email().max(254),
  language: z.enum(invoiceLanguages),
  customer: customerSchema.optional(),
});

export type InvoiceRecipient = z.infer<typeof recipientSchema>;

/** The invoice as JSON: large integers are decimal text. */
export function invoiceText(invoice: Invoice): string {
  return JSON.stringify(invoice, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
