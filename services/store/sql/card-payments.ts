import { z } from "zod";

import { cardPaymentStatuses } from "../../domain/card-payment.ts";
import type { CardPayment, CardPaymentStore } from "../card-payments.ts";
import type { Access } from "./access.ts";
import { encode } from "./codec.ts";
import { reader } from "./rows.ts";
import { intentSchema } from "./tokens.ts";

/** Payments by card for charges: one row each, for ever. An account of the proxy serves one of them at a time. */
export const cardPaymentStep = `
  CREATE TABLE card_payments (
    payment_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    reference TEXT UNIQUE,
    reservation TEXT,
    account TEXT UNIQUE,
    created_at_ms INTEGER NOT NULL,
    next_at_ms INTEGER,
    content TEXT NOT NULL
  ) STRICT;
  CREATE INDEX card_payments_due ON card_payments (next_at_ms) WHERE next_at_ms IS NOT NULL;
  CREATE INDEX card_payments_reservation ON card_payments (reservation);
  CREATE INDEX card_payments_created ON card_payments (created_at_ms);
`;

const content = z.strictObject({
  evse: z.number(),
  tariffId: z.string(),
  amountMinor: z.number(),
  currency: z.string(),
  payByMs: z.number(),
  pageUrl: z.string().nullable(),
  intent: intentSchema.nullable(),
  outcome: z.enum(["paid", "nothing-due", "not-paid", "not-opened", "uncollected"]).nullable(),
  reason: z.string().nullable(),
  owedMinor: z.number().nullable(),
  capturedMinor: z.number(),
  refundedMinor: z.number(),
  disputedMinor: z.number(),
  missingMinor: z.number(),
  failures: z.number(),
  toldAtMs: z.number(),
  statusSinceMs: z.number(),
});

const columns = "payment_id, status, version, reference, reservation, account, created_at_ms, next_at_ms, content";
const readRow = reader(
  "card payment",
  z
    .object({
      payment_id: z.string(),
      status: z.enum(cardPaymentStatuses),
      version: z.number(),
      reference: z.string().nullable(),
      reservation: z.string().nullable(),
      account: z.string().nullable(),
      created_at_ms: z.number(),
      next_at_ms: z.number().nullable(),
      content: z
        .string()
        .transform((text): unknown => JSON.parse(text))
        .pipe(content),
    })
    .transform((row): CardPayment => ({
      paymentId: row.payment_id,
      status: row.status,
      version: row.version,
      reference: row.reference,
      reservation: row.reservation,
      account: row.account,
      createdAtMs: row.created_at_ms,
      nextAtMs: row.next_at_ms,
      ...row.content,
    })),
);

export function createCardPaymentStore(access: Access): CardPaymentStore {
  const find = async (paymentId: string): Promise<CardPayment | null> => {
    const row = await access.get(`SELECT ${columns} FROM card_payments WHERE payment_id = ?`, paymentId);
    return row === undefined ? null : readRow(row);
  };

  return {
    putCardPayment: (payment) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO card_payments (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (payment_id) DO NOTHING`,
          ...[payment.paymentId, payment.status, payment.version, payment.reference, payment.reservation],
          ...[payment.account, payment.createdAtMs, payment.nextAtMs, contentOf(payment)],
        );
        return (await find(payment.paymentId)) ?? payment;
      }),
    updateCardPayment: (payment) =>
      access.write(async () => {
        const { paymentId, account, version } = payment;
        if (account !== null) {
          const other = await access.get(
            "SELECT 1 FROM card_payments WHERE account = ? AND payment_id <> ?",
            account,
            paymentId,
          );
          if (other !== undefined) return "taken";
        }
        const changed = await access.run(
          `UPDATE card_payments SET status = ?, version = ?, reference = ?, reservation = ?, account = ?, next_at_ms = ?,
             content = ? WHERE payment_id = ? AND version = ?`,
          ...[payment.status, version + 1, payment.reference, payment.reservation, account, payment.nextAtMs],
          ...[contentOf(payment), paymentId, version],
        );
        return changed > 0 ? "stored" : "stale";
      }),
    findCardPayment: (paymentId) => access.read(() => find(paymentId)),
    listDueCardPayments: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM card_payments WHERE next_at_ms <= ? ORDER BY next_at_ms, payment_id LIMIT ?`,
            nowMs,
            limit,
          )
        ).map(readRow),
      ),
    listBusyCardAccounts: () =>
      access.read(async () =>
        (await access.all("SELECT account FROM card_payments WHERE account IS NOT NULL ORDER BY account")).map((row) =>
          z.string().parse(row["account"]),
        ),
      ),
    listCardPayments: (status, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM card_payments WHERE ? = '' OR status = ?
             ORDER BY created_at_ms DESC, payment_id LIMIT ?`,
            ...[status ?? "", status ?? "", limit],
          )
        ).map(readRow),
      ),
    wakeCardPayments: (names, nowMs) =>
      access.write(async () => {
        let woken = 0;
        for (const name of names) {
          // The version rises, so that a look that is under way does not put the next one off.
          woken += await access.run(
            "UPDATE card_payments SET next_at_ms = ?, version = version + 1 WHERE reference = ? OR reservation = ?",
            ...[nowMs, name, name],
          );
        }
        return woken;
      }),
  };
}

const contentNames = new Set(Object.keys(content.shape));

function contentOf(payment: CardPayment): string {
  return encode(Object.fromEntries(Object.entries(payment).filter(([name]) => contentNames.has(name))));
}
