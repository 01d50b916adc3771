import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { formatKwh } from "../text/amounts.ts";
import { formatSum } from "../text/money.ts";
import type { MeterReading } from "../../../evidence/formats/meter-readings.ts";

/** What stands on a receipt beside what the file itself says. */
export interface ReceiptFacts {
  /** The operator's name; its account where it has told no name. */
  readonly seller: string;
  readonly sellerPlace: string | null;
  readonly place: string;
  readonly printedId: string | null;
  readonly begin: MeterReading | null;
  readonly end: MeterReading | null;
  readonly energyMicroWh: bigint;
  /** What the five sentences are filled with. */
  readonly words: Readonly<Record<"begin" | "end" | "charger" | "seller" | "paid" | "back", string>>;
}

/** Looks up the meter's values in the signed records, the charger in the registry, and its place. */
export function useReceiptFacts(receipt: ParsedReceipt): ReceiptFacts {
  const { text, coin, locale, sites, reader } = useApp();
  const { evse } = receipt.terms;
  const [charger] = useAnswer(() => reader.readCharger(evse), [reader, evse]);
  const [readings] = useAnswer(
    async () => (await import("../receipt/meter-readings.ts")).readingsOf(receipt),
    [receipt],
  );
  const { begin, end } = (readings.kind === "answered" ? readings.value : null) ?? { begin: null, end: null };
  const found = placeOf(sites, evse);
  const printedId = charger.kind === "answered" ? (charger.value?.evseId ?? null) : null;
  const { parts } = formatSum([receipt.chargedMicro, receipt.returnedMicro], coin, locale);
  const kwhOf = (reading: MeterReading | null): string =>
    reading === null ? "–" : formatKwh(reading.energyMicroWh, locale, 3);
  const seller = found?.site.operator ?? text("receiptOperator");
  return {
    seller,
    sellerPlace:
      found === null ? null : [found.site.street, found.site.town].filter((part) => part !== undefined).join(", "),
    place: found === null ? text("evseTitle", { number: evse }) : nameOfSite(found.site),
    printedId,
    begin,
    end,
    energyMicroWh: receipt.energyMicroWh,
    words: {
      begin: kwhOf(begin),
      end: kwhOf(end),
      charger: printedId ?? String(evse),
      seller,
      paid: parts[0] ?? "",
      back: parts[1] ?? "",
    },
  };
}
