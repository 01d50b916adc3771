import { challengesOf, refundedBy } from "../domain/session-amounts.ts";
import type { SessionState } from "../domain/session.ts";
import { receiptNumberOf } from "../domain/receipt-number.ts";
import { hasTimePrice, priceOf, taxRatesOf, type PriceBreakdown, type Tariff } from "../domain/tariff.ts";
import type { MeterReading, MeterReadings } from "../evidence/formats/meter-readings.ts";
import type { StoredSession } from "../store/store.ts";
import type { Invoice, InvoicePart } from "./invoice.ts";

/** What a paper says beside the session. */
export interface InvoiceFacts extends Pick<
  Invoice,
  "seller" | "sellerProof" | "currency" | "evseId" | "checkUrl" | "isShownOtherwise"
> {
  readonly issuedAtSeconds: number;
  readonly token: string;
  readonly tariff: Tariff;
  readonly readings: MeterReadings | null;
}

type Line = Invoice["lines"][number];

/**
 * The papers that a session should have by now and does not: its receipt, and one credit note for what came back since the
 * last one by challenges, and one for what the operator gave back. None of a session that cost nothing and delivered
 * nothing, or that the chain has not settled.
 * @param issued Those that it has, in their order.
 */
export function dueInvoices(
  session: StoredSession,
  facts: InvoiceFacts,
  issued: readonly Invoice[],
): readonly Invoice[] {
  const { closing } = session.state;
  if (closing?.kind !== "settled" && closing?.kind !== "agreed") return [];
  const isNothing = closing.chargedMicro === 0n && (closing.kind === "agreed" || closing.energyMicroWh === 0n);
  if (isNothing) return [];
  const [first] = issued;
  const receipt = first ?? receiptOf(session, closing, facts);
  const papers: Invoice[] = first === undefined ? [receipt] : [];
  for (const { part, backMicro, transaction } of moneyBackOf(session.state)) {
    const credited = issued.flatMap(({ kind, lines }) => (kind === "credit-note" ? lines : []));
    const beforeMicro = credited
      .filter((line) => line.part === part)
      .reduce((sum, { netMicro, taxMicro }) => sum - netMicro - taxMicro, 0n);
    if (backMicro <= beforeMicro) continue;
    const notes = issued.length + papers.length - 1;
    papers.push(creditNoteOf(receipt, { part, backMicro: backMicro - beforeMicro, transaction }, notes + 1, facts));
  }
  return papers;
}

/** What came back in all, by its reason. */
function moneyBackOf({ challenge, refunds }: SessionState): readonly {
  readonly part: InvoicePart;
  readonly backMicro: bigint;
  readonly transaction: string;
}[] {
  const lastChallenge = challengesOf(challenge).at(-1);
  const lastRefund = refunds.at(-1);
  return [
    ...(lastChallenge === undefined
      ? []
      : [
          {
            part: "challenge" as const,
            backMicro: refundedBy(lastChallenge),
            transaction: lastChallenge.position.txHash,
          },
        ]),
    ...(lastRefund === undefined
      ? []
      : [{ part: "refund" as const, backMicro: lastRefund.totalMicro, transaction: lastRefund.position.txHash }]),
  ];
}

function receiptOf(
  { sessionId, terms, state }: StoredSession,
  closing: Extract<SessionState["closing"], { readonly kind: "settled" | "agreed" }>,
  facts: InvoiceFacts,
): Invoice {
  const { readings, tariff } = facts;
  const isMetered = closing.kind === "settled";
  const lines = isMetered
    ? linesOf(
        priceOf(tariff, closing.energyMicroWh, closing.chargingSeconds, closing.connectedSeconds),
        tariff,
        closing.chargedMicro,
      )
    : [lineOf("agreed", tariff, closing.chargedMicro)];
  return {
    kind: "receipt",
    number: receiptNumberOf(sessionId),
    receiptNumber: receiptNumberOf(sessionId),
    issuedAtSeconds: facts.issuedAtSeconds,
    sessionId,
    operator: terms.operator,
    seller: facts.seller,
    sellerProof: facts.sellerProof,
    currency: facts.currency,
    evse: terms.evse,
    evseId: facts.evseId,
    meter: terms.meter,
    openedAtSeconds: state.opening.openedAt,
    begin: readingOf(readings?.begin),
    end: readingOf(readings?.end),
    energyMicroWh: isMetered ? closing.energyMicroWh : null,
    chargingSeconds: isMetered ? closing.chargingSeconds : null,
    connectedSeconds: isMetered ? closing.connectedSeconds : null,
    isShownOtherwise: facts.isShownOtherwise,
    isTimePriced: hasTimePrice(tariff),
    lines,
    ...sumsOf(lines),
    payment: { token: facts.token, transaction: closing.position.txHash },
    checkUrl: facts.checkUrl,
  };
}

function readingOf(reading: MeterReading | undefined): Invoice["begin"] {
  return reading === undefined ? null : { atSeconds: reading.at, registerMicroWh: reading.energyMicroWh };
}

function creditNoteOf(
  receipt: Invoice,
  back: { readonly part: InvoicePart; readonly backMicro: bigint; readonly transaction: string },
  ordinal: number,
  { issuedAtSeconds, seller, sellerProof }: InvoiceFacts,
): Invoice {
  const { netMicro, grossMicro } = receipt;
  const backNetMicro = grossMicro === 0n ? back.backMicro : (back.backMicro * netMicro) / grossMicro;
  const [rate, ...others] = new Set(receipt.lines.map(({ taxBps }) => taxBps));
  const taxBps = others.length === 0 && rate !== undefined ? rate : null;
  const lines = [
    { part: back.part, netMicro: -backNetMicro, taxMicro: backNetMicro - back.backMicro, taxBps } satisfies Line,
  ];
  return {
    ...receipt,
    ...{ kind: "credit-note", number: `${receipt.receiptNumber}-C${ordinal}` },
    ...{ issuedAtSeconds, seller, sellerProof, lines, ...sumsOf(lines) },
    payment: { ...receipt.payment, transaction: back.transaction },
  };
}

/** The parts of the price, and what limits of the tariff and the hold did to their sum. */
function linesOf(price: PriceBreakdown, tariff: Tariff, chargedMicro: bigint): readonly Line[] {
  const rate = onlyRateOf(tariff);
  const parts: readonly Line[] = [
    { part: "flat", netMicro: price.flatFeeMicro, taxMicro: price.flatTaxMicro, taxBps: tariff.flatTaxBps },
    { part: "energy", netMicro: price.energyMicro, taxMicro: price.energyTaxMicro, taxBps: tariff.energyTaxBps },
    {
      part: "charging",
      netMicro: price.chargingMicro,
      taxMicro: price.chargingTaxMicro,
      taxBps: tariff.chargingTaxBps,
    },
    {
      part: "connected",
      netMicro: price.connectedMicro,
      taxMicro: price.connectedTaxMicro,
      taxBps: tariff.connectedTaxBps,
    },
  ];
  const { netMicro: partsNetMicro, taxMicro: partsTaxMicro } = sumsOf(parts);
  const limit: Line = {
    part: "limit",
    netMicro: price.netMicro - partsNetMicro,
    taxMicro: price.taxMicro - partsTaxMicro,
    taxBps: rate,
  };
  const overMicro = price.grossMicro - chargedMicro;
  // What the hold cuts off is taken of the whole, and so its tax.
  const keptNetMicro = price.grossMicro === 0n ? 0n : (price.netMicro * chargedMicro) / price.grossMicro;
  const overNetMicro = price.netMicro - keptNetMicro;
  const hold: Line = { part: "hold", netMicro: -overNetMicro, taxMicro: overNetMicro - overMicro, taxBps: rate };
  const all = [...parts, limit, ...(overMicro > 0n ? [hold] : [])];
  return all.filter(({ netMicro, taxMicro }) => netMicro !== 0n || taxMicro !== 0n);
}

/** A sum of which only the whole is known: its tax, where the tariff has one rate. */
function lineOf(part: InvoicePart, tariff: Tariff, grossMicro: bigint): Line {
  const taxBps = onlyRateOf(tariff);
  const netMicro = taxBps === null ? grossMicro : (grossMicro * 10_000n) / (10_000n + BigInt(taxBps));
  return { part, netMicro, taxMicro: grossMicro - netMicro, taxBps };
}

function onlyRateOf(tariff: Tariff): number | null {
  const [rate, ...others] = taxRatesOf(tariff);
  return others.length === 0 ? (rate ?? null) : null;
}

function sumsOf(lines: readonly Line[]): Pick<Invoice, "netMicro" | "taxMicro" | "grossMicro"> {
  const netMicro = lines.reduce((sum, line) => sum + line.netMicro, 0n);
  const taxMicro = lines.reduce((sum, line) => sum + line.taxMicro, 0n);
  return { netMicro, taxMicro, grossMicro: netMicro + taxMicro };
}
