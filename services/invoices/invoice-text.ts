import { receiptSeller } from "./invoice-seller.ts";
import type { Invoice, InvoiceLanguage, InvoiceRecipient } from "./invoice.ts";
import { fillWords, invoiceWords } from "./invoice-words.ts";

/** A paper as plain text, and its title for a subject. */
export interface WrittenInvoice {
  readonly title: string;
  readonly text: string;
}

/** Writes a receipt or a credit note for a person. Times are those of the seller's zone, UTC without one. */
export function writeInvoice(
  invoice: Invoice,
  language: InvoiceLanguage,
  customer?: InvoiceRecipient["customer"],
): WrittenInvoice {
  const words = invoiceWords[language];
  const { money, kwh, moment, span, percent } = formats(invoice, language);
  const title = fillWords(invoice.kind === "receipt" ? words.receipt : words.creditNote, { number: invoice.number });
  const readingOf = (reading: Invoice["begin"]): string =>
    reading === null
      ? "–"
      : `${moment(reading.atSeconds)}, ${fillWords(words.register, { reading: kwh(reading.registerMicroWh) })}`;
  const facts: readonly (readonly [string, string] | null)[] = [
    [words.issued, moment(invoice.issuedAtSeconds)],
    [words.place, invoice.evseId ?? String(invoice.evse)],
    [words.meter, String(invoice.meter)],
    [words.opened, moment(invoice.openedAtSeconds)],
    invoice.begin === null ? null : [words.begin, readingOf(invoice.begin)],
    invoice.end === null ? null : [words.end, readingOf(invoice.end)],
    invoice.energyMicroWh === null ? null : [words.energy, kwh(invoice.energyMicroWh)],
    invoice.chargingSeconds === null ? null : [words.chargingTime, span(invoice.chargingSeconds)],
    invoice.connectedSeconds === null ? null : [words.connectedTime, span(invoice.connectedSeconds)],
  ];
  const prices = invoice.lines.map(({ part, netMicro, taxMicro, taxBps }): readonly [string, string] => {
    const rate = taxBps === null || taxBps === 0 ? "" : ` (${fillWords(words.tax, { percent: percent(taxBps) })})`;
    return [words.parts[part], `${money(netMicro + taxMicro)}${rate}`];
  });
  const sums: readonly (readonly [string, string])[] = [
    [words.total, money(invoice.grossMicro)],
    [words.net, money(invoice.netMicro)],
    [words.taxSum, money(invoice.taxMicro)],
  ];
  const closing = [
    fillWords(words.payment, { transaction: invoice.payment.transaction }),
    invoice.isTimePriced ? words.clockUsed : words.clockUnused,
    invoice.isShownOtherwise ? words.shownOtherwise : null,
    invoice.checkUrl === null ? null : fillWords(words.check, { url: invoice.checkUrl }),
    invoice.sellerProof === null ? null : fillWords(words.proof, invoice.sellerProof),
  ];
  const blocks: readonly (readonly (string | null)[])[] = [
    [title, invoice.kind === "receipt" ? null : fillWords(words.corrects, { number: invoice.receiptNumber })],
    [`${words.seller}:`, ...receiptSeller(invoice, words)],
    customer === undefined
      ? []
      : [
          `${words.customer}:`,
          customer.name,
          customer.address ?? null,
          customer.vatNumber === undefined ? null : `${words.vatNumber} ${customer.vatNumber}`,
        ],
    facts.map((fact) => (fact === null ? null : fact.join(": "))),
    prices.map((price) => price.join(": ")),
    sums.map((sum) => sum.join(": ")),
    closing,
  ];
  const text = blocks
    .map((lines) => lines.filter((line) => line !== null).join("\n"))
    .filter((block) => block !== "")
    .join("\n\n");
  return { title, text: `${text}\n` };
}

interface Formats {
  readonly money: (micro: bigint) => string;
  readonly kwh: (microWh: bigint) => string;
  readonly moment: (atSeconds: number) => string;
  readonly span: (seconds: number) => string;
  readonly percent: (bps: number) => string;
}

/** Numbers, times and amounts as the language writes them. Amounts have all their digits: they are what was paid. */
function formats({ currency, seller }: Invoice, language: InvoiceLanguage): Formats {
  const money = new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 6 });
  const energy = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 9 });
  const rate = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  const moment = new Intl.DateTimeFormat(language, {
    dateStyle: "medium",
    timeStyle: "long",
    timeZone: seller?.timeZone ?? "UTC",
  });
  return {
    money: (micro) => money.format(decimal(micro, 6)),
    kwh: (microWh) => `${energy.format(decimal(microWh, 9))} kWh`,
    moment: (atSeconds) => moment.format(atSeconds * 1_000),
    span: (seconds) => [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map(twoDigits).join(":"),
    percent: (bps) => rate.format(bps / 10_000),
  };
}

/** Exact, which a number of JavaScript would not be. */
function decimal(value: bigint, decimals: number): `${number}` {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const text = `${value < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return text as `${number}`;
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
