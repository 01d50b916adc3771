/** A receipt or a credit note of a session; the receipt has ordinal 0. */
export interface StoredInvoice {
  readonly sessionId: string;
  readonly ordinal: number;
  /** JSON, as it was written. */
  readonly content: string;
}

/** Ways to the outside. */
export const invoiceChannels = ["mail", "webhook"] as const;
export type InvoiceChannel = (typeof invoiceChannels)[number];

/** An invoice on its way. */
export interface InvoiceDelivery {
  readonly sessionId: string;
  readonly ordinal: number;
  readonly channel: InvoiceChannel;
  /** How often it was tried. */
  readonly attempts: number;
}

/**
 * Receipts and credit notes, and where they go; durability and errors are those of the whole ledger. Whenever the chain
 * closes a session or moves money of one that is closed, the session stands in the queue: the step that says so puts it
 * there.
 */
export interface InvoiceStore {
  /**
   * A page of the sessions of which receipts may be due, by session id.
   * @param afterSessionId The last one of the page before; `""` begins anew.
   */
  listInvoiceQueue(afterSessionId: string, limit: number): Promise<readonly string[]>;
  /**
   * Keeps invoices, each to be sent by these channels, and by mail where a recipient is known, and takes the session from
   * the queue. An invoice never changes: one with an ordinal that there is already changes nothing. The session stays in the
   * queue if it no longer has `expectedSequence` events.
   */
  keepInvoices(change: {
    readonly sessionId: string;
    readonly expectedSequence: number;
    readonly invoices: readonly Omit<StoredInvoice, "sessionId">[];
    readonly channels: readonly InvoiceChannel[];
    readonly atMs: number;
  }): Promise<void>;
  /** In the order of their ordinals. */
  listInvoices(sessionId: string): Promise<readonly StoredInvoice[]>;
  /** Where the receipts of a session go from now on. Those that there are go there, too, again where they had gone. */
  putInvoiceRecipient(change: {
    readonly sessionId: string;
    readonly content: string;
    readonly atMs: number;
  }): Promise<void>;
  /** JSON, as it was put. */
  findInvoiceRecipient(sessionId: string): Promise<string | null>;
  /** Forgets recipients that were put before. @returns how many */
  dropInvoiceRecipients(beforeMs: number): Promise<number>;
  /** What is to be sent now, what waits longest first. */
  listDueDeliveries(nowMs: number, limit: number): Promise<readonly InvoiceDelivery[]>;
  /** What became of an attempt: it has arrived, is tried again, or never will. */
  noteDelivery(
    delivery: Pick<InvoiceDelivery, "sessionId" | "ordinal" | "channel">,
    outcome:
      | { readonly kind: "arrived" }
      | { readonly kind: "later"; readonly dueAtMs: number }
      | { readonly kind: "given-up" },
  ): Promise<void>;
}
