import { transparencyXmlOf } from "../evidence/formats/transparency-xml.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { readSignedSession } from "../evidence/read-signed-session.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Receipt, ReceiptWriter } from "../settlement/receipt.ts";
import type { InvoiceChannel, InvoiceDelivery } from "../store/invoices.ts";
import type { Store } from "../store/store.ts";
import { readInvoice } from "./issue-invoices.ts";
import { recipientSchema, type Invoice, type InvoiceRecipient } from "./invoice.ts";

/** What is sent: a paper, and what it rests on. */
export interface InvoiceParcel {
  /** The same for every attempt, so that whoever gets it twice can tell. */
  readonly parcelId: string;
  readonly invoice: Invoice;
  /** `null` of a session whose price was agreed on. */
  readonly receipt: Receipt | null;
  /** The signed values in the container of the transparency software; `null` where they do not fit into it. */
  readonly transparencyXml: string | null;
  /** Where the driver wants it; `null` where nobody said. */
  readonly recipient: InvoiceRecipient | null;
}

/** One way to the outside. A rejection is tried again. */
export interface InvoiceSender {
  send(parcel: InvoiceParcel): Promise<void>;
}

const deliveriesAtOnce = 50;
const firstPauseMs = 60_000;
const longestPauseMs = 6 * 3_600_000;
/** With pauses that double up to six hours: three days. */
const mostAttempts = 20;

/** Sends invoices until they have arrived, at least once each; after three days without success it gives up. */
export function createInvoiceDelivery(deps: {
  readonly store: Store;
  readonly receipts: ReceiptWriter;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly senders: Readonly<Partial<Record<InvoiceChannel, InvoiceSender>>>;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): { deliverDue(): Promise<void> } {
  const { store, senders, desk, now } = deps;

  async function parcelOf({ sessionId, ordinal }: InvoiceDelivery): Promise<InvoiceParcel> {
    const stored = (await store.listInvoices(sessionId)).find((one) => one.ordinal === ordinal);
    if (stored === undefined) throw new WattproofError("STORE_CORRUPT", "An invoice that is to be sent is missing.");
    const invoice = readInvoice(stored.content);
    const session = await store.findSession(sessionId);
    const signed = session === null ? null : await readSignedSession(deps, session);
    const recipient = await store.findInvoiceRecipient(sessionId);
    return {
      parcelId: `${sessionId}-${ordinal}`,
      invoice,
      receipt: invoice.energyMicroWh === null ? null : await deps.receipts.writeReceipt(sessionId),
      transparencyXml: signed === null ? null : transparencyXmlOf(signed),
      recipient: recipient === null ? null : recipientSchema.parse(JSON.parse(recipient)),
    };
  }

  async function deliver(delivery: InvoiceDelivery): Promise<void> {
    const { sessionId, ordinal, channel, attempts } = delivery;
    const sender = senders[channel];
    try {
      if (sender === undefined) throw new WattproofError("CONFIGURATION_INVALID", `There is no way by ${channel}.`);
      await sender.send(await parcelOf(delivery));
    } catch (error) {
      const isLast = attempts + 1 >= mostAttempts;
      desk.alert(isLast ? "invoice-undelivered" : "invoice-delayed", { sessionId, ordinal, channel, err: error });
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** attempts);
      await store.noteDelivery(delivery, isLast ? { kind: "given-up" } : { kind: "later", dueAtMs: now() + pauseMs });
      return;
    }
    await store.noteDelivery(delivery, { kind: "arrived" });
  }

  return {
    async deliverDue() {
      for (const delivery of await store.listDueDeliveries(now(), deliveriesAtOnce)) await deliver(delivery);
    },
  };
}
