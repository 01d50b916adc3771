import { nodeCryptography } from "../evidence/formats/ocmf/node-cryptography.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import { meterReadingsOf } from "../evidence/formats/meter-readings.ts";
import { readSignedSession } from "../evidence/read-signed-session.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { InvoiceChannel } from "../store/invoices.ts";
import type { Store } from "../store/store.ts";
import { invoiceSchema, invoiceText, type Invoice } from "./invoice.ts";
import type { SellerFile } from "./seller.ts";
import { dueInvoices } from "./write-invoice.ts";

/** Whether the operator made the hash of the seller's file public, by a transaction of its own account. */
export interface SellerProof {
  /** @throws what the chain throws */
  isPublished(transaction: string, operator: string, hash: string): Promise<boolean>;
}

export interface InvoiceIssuerDeps {
  readonly store: Store;
  readonly meters: Pick<MeterDirectory, "readEvse" | "readMeter">;
  /** `null`: invoices name the account alone. */
  readonly seller: SellerFile | null;
  readonly sellerTransaction: string | null;
  readonly proof: SellerProof;
  readonly token: string;
  readonly currency: string;
  readonly pageUrl: string | null;
  /** The ways besides mail. */
  readonly channels: readonly InvoiceChannel[];
  readonly desk: OperatorDesk;
  readonly now: () => number;
}

const sessionsAtOnce = 200;
const endsRound: ReadonlySet<string> = new Set(["CHAIN_UNAVAILABLE", "STORE_UNAVAILABLE", "LEASE_LOST"]);

/** Writes the receipts and credit notes that are due. Doing it again changes nothing. */
export function createInvoiceIssuer(deps: InvoiceIssuerDeps): { issueDue(): Promise<void> } {
  const { store, meters, seller, desk, now } = deps;
  const failed = new Set<string>();
  let sellerProof: Invoice["sellerProof"] | "unknown" = "unknown";
  // Those that cannot be written stay in the queue: each round goes on behind the last page, and from the begin at the end.
  let afterSessionId = "";

  async function proofOf({ seller: { operator }, hash }: SellerFile): Promise<Invoice["sellerProof"]> {
    const { sellerTransaction } = deps;
    if (sellerProof !== "unknown") return sellerProof;
    const isProven = sellerTransaction !== null && (await deps.proof.isPublished(sellerTransaction, operator, hash));
    if (sellerTransaction !== null && !isProven)
      desk.alert("seller-unproven", { transaction: sellerTransaction, hash });
    sellerProof = isProven ? { hash, transaction: sellerTransaction } : null;
    return sellerProof;
  }

  async function issue(sessionId: string): Promise<void> {
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("STORE_CORRUPT", `Session ${sessionId} of the queue is missing.`);
    const { terms, sequence, state } = session;
    const tariff = await store.findTariff(terms.tariffId);
    if (tariff === null) throw new WattproofError("STORE_CORRUPT", "The tariff of a settled session is missing.");
    const signed = state.closing?.kind === "settled" ? await readSignedSession(deps, session) : null;
    const flags = (await store.findCdr(sessionId))?.evidence.flags ?? [];
    const isSellers = seller !== null && seller.seller.operator.toLowerCase() === terms.operator.toLowerCase();
    const facts = {
      isShownOtherwise: flags.includes("STATION_COST_DIFFERS"),
      ...{ tariff, token: deps.token, currency: deps.currency },
      readings: signed === null ? null : meterReadingsOf(signed, nodeCryptography),
      issuedAtSeconds: Math.floor(now() / 1_000),
      seller: isSellers ? seller.seller : null,
      sellerProof: isSellers ? await proofOf(seller) : null,
      evseId: (await meters.readEvse(terms.evse))?.evseId ?? null,
      checkUrl: deps.pageUrl === null ? null : `${deps.pageUrl}/#/session/${sessionId}`,
    };
    const issued = (await store.listInvoices(sessionId)).map(({ content }) => readInvoice(content));
    const invoices = dueInvoices(session, facts, issued).map((invoice, index) => ({
      ordinal: issued.length + index,
      content: invoiceText(invoice),
    }));
    await store.keepInvoices({
      ...{ sessionId, expectedSequence: sequence, invoices, channels: deps.channels },
      atMs: now(),
    });
  }

  return {
    async issueDue() {
      const page = await store.listInvoiceQueue(afterSessionId, sessionsAtOnce);
      afterSessionId = page.length < sessionsAtOnce ? "" : (page.at(-1) ?? "");
      for (const sessionId of page) {
        await issue(sessionId).catch((error: unknown) => {
          // Without chain or ledger the others would fare no better.
          if (error instanceof WattproofError && endsRound.has(error.code)) throw error;
          // One that cannot be written must not keep the others from their receipts, and is told once.
          if (!failed.has(sessionId)) desk.alert("invoice-failed", { sessionId, err: error });
          failed.add(sessionId);
        });
      }
    },
  };
}

/** @throws ZodError if it is none of ours */
export function readInvoice(content: string): Invoice {
  return invoiceSchema.parse(JSON.parse(content));
}
