import { z } from "zod";

import type { SessionEvent } from "../../domain/session.ts";
import { invoiceChannels, type InvoiceChannel, type InvoiceDelivery, type InvoiceStore } from "../invoices.ts";
import type { StoredInvoice } from "../invoices.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Receipts and credit notes, where drivers want them, and what is still to be sent. */
export const invoiceStep = `
  CREATE TABLE invoice_queue (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE invoices (
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    invoice_number INTEGER NOT NULL,
    content TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    PRIMARY KEY (session_id, invoice_number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE invoice_recipients (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    content TEXT NOT NULL,
    put_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invoice_recipients_put ON invoice_recipients (put_at_ms);

  -- An invoice has a row for each way on which it has not arrived yet.
  CREATE TABLE invoice_deliveries (
    session_id TEXT NOT NULL,
    invoice_number INTEGER NOT NULL,
    channel TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    PRIMARY KEY (session_id, invoice_number, channel)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invoice_deliveries_due ON invoice_deliveries (due_at_ms);
`;

const readInvoiceRow = reader(
  "invoice",
  z
    .object({ session_id: z.string(), invoice_number: z.number(), content: z.string() })
    .transform((row): StoredInvoice => ({
      sessionId: row.session_id,
      ordinal: row.invoice_number,
      content: row.content,
    })),
);
const readDeliveryRow = reader(
  "delivery of an invoice",
  z
    .object({
      session_id: z.string(),
      invoice_number: z.number(),
      channel: z.enum(invoiceChannels),
      attempts: z.number(),
    })
    .transform((row): InvoiceDelivery => ({
      sessionId: row.session_id,
      ordinal: row.invoice_number,
      channel: row.channel,
      attempts: row.attempts,
    })),
);
const contentRow = z.object({ content: z.string() });
const idRow = z.object({ session_id: z.string() });

const movesMoney: ReadonlySet<SessionEvent["kind"]> = new Set(["closed", "challenged", "refunded"]);

/** Inside a write: a session whose money has moved may be due a receipt or a credit note. */
export async function queueInvoices(
  access: Access,
  sessionId: string,
  events: readonly Pick<SessionEvent, "kind">[],
): Promise<void> {
  if (!events.some(({ kind }) => movesMoney.has(kind))) return;
  await access.run("INSERT INTO invoice_queue (session_id) VALUES (?) ON CONFLICT (session_id) DO NOTHING", sessionId);
}

export function createInvoiceStore(access: Access): InvoiceStore {
  async function send(sessionId: string, ordinal: number, channel: InvoiceChannel, atMs: number): Promise<void> {
    await access.run(
      `INSERT INTO invoice_deliveries (session_id, invoice_number, channel, attempts, due_at_ms) VALUES (?, ?, ?, 0, ?)
       ON CONFLICT (session_id, invoice_number, channel) DO NOTHING`,
      sessionId,
      ordinal,
      channel,
      atMs,
    );
  }

  async function hasRecipient(sessionId: string): Promise<boolean> {
    const row = await access.get("SELECT session_id FROM invoice_recipients WHERE session_id = ?", sessionId);
    return row !== undefined;
  }

  async function list(sessionId: string): Promise<readonly StoredInvoice[]> {
    const rows = await access.all(
      "SELECT session_id, invoice_number, content FROM invoices WHERE session_id = ? ORDER BY invoice_number",
      sessionId,
    );
    return rows.map(readInvoiceRow);
  }

  return {
    listInvoiceQueue: (afterSessionId, limit) =>
      access.read(async () =>
        (
          await access.all(
            "SELECT session_id FROM invoice_queue WHERE session_id > ? ORDER BY session_id LIMIT ?",
            afterSessionId,
            limit,
          )
        ).map((row) => idRow.parse(row).session_id),
      ),
    keepInvoices: ({ sessionId, expectedSequence, invoices, channels, atMs }) =>
      access.write(async () => {
        const all = (await hasRecipient(sessionId)) ? new Set<InvoiceChannel>([...channels, "mail"]) : channels;
        for (const { ordinal, content } of invoices) {
          const added = await access.run(
            `INSERT INTO invoices (session_id, invoice_number, content, issued_at_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (session_id, invoice_number) DO NOTHING`,
            sessionId,
            ordinal,
            content,
            atMs,
          );
          if (added > 0) for (const channel of all) await send(sessionId, ordinal, channel, atMs);
        }
        await access.run(
          `DELETE FROM invoice_queue WHERE session_id = ?
             AND EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = invoice_queue.session_id AND sequence = ?)`,
          sessionId,
          expectedSequence,
        );
      }),
    listInvoices: (sessionId) => access.read(() => list(sessionId)),
    putInvoiceRecipient: ({ sessionId, content, atMs }) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO invoice_recipients (session_id, content, put_at_ms) VALUES (?, ?, ?)
           ON CONFLICT (session_id) DO UPDATE SET content = excluded.content, put_at_ms = excluded.put_at_ms`,
          sessionId,
          content,
          atMs,
        );
        for (const { ordinal } of await list(sessionId)) await send(sessionId, ordinal, "mail", atMs);
      }),
    findInvoiceRecipient: (sessionId) =>
      access.read(async () => {
        const row = await access.get("SELECT content FROM invoice_recipients WHERE session_id = ?", sessionId);
        return row === undefined ? null : contentRow.parse(row).content;
      }),
    dropInvoiceRecipients: (beforeMs) =>
      access.write(() => access.run("DELETE FROM invoice_recipients WHERE put_at_ms < ?", beforeMs)),
    listDueDeliveries: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT session_id, invoice_number, channel, attempts FROM invoice_deliveries WHERE due_at_ms <= ?
             ORDER BY due_at_ms, session_id, invoice_number, channel LIMIT ?`,
            nowMs,
            limit,
          )
        ).map(readDeliveryRow),
      ),
    noteDelivery: ({ sessionId, ordinal, channel }, outcome) =>
      access.write(async () => {
        const place = [sessionId, ordinal, channel] as const;
        const isPlace = "WHERE session_id = ? AND invoice_number = ? AND channel = ?";
        if (outcome.kind === "later") {
          await access.run(
            `UPDATE invoice_deliveries SET attempts = attempts + 1, due_at_ms = ? ${isPlace}`,
            outcome.dueAtMs,
            ...place,
          );
          return;
        }
        await access.run(`DELETE FROM invoice_deliveries ${isPlace}`, ...place);
      }),
  };
}
