import type { JSX } from "preact";

import { receiptNumberOf } from "../../../domain/receipt-number.ts";
import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { Notice } from "../components/note.tsx";
import { Fold, Stats, Sums, type Sum } from "../components/rows.tsx";
import { useApp, type App } from "../shell/app-context.ts";
import { Hash } from "../shell/parts.tsx";
import { formatBps, formatExactKwh, formatKwh, formatSeconds } from "../text/amounts.ts";
import { formatExactMoney, formatSum, formatUnitPrice } from "../text/money.ts";
import { provenanceWords } from "../text/provenance-words.ts";
import { formatDuration, formatMoment } from "../text/times.ts";
import type { ReceiptFacts } from "./receipt-facts.ts";

/** What a receipt says, as receipts are: who, what for, how much, of which tax, and where the numbers come from. */
export function ReceiptPaper(properties: {
  readonly receipt: ParsedReceipt;
  readonly facts: ReceiptFacts;
  /** What was paid stands above already, from the chain. */
  readonly isPaidShown: boolean;
}): JSX.Element {
  const { receipt, facts, isPaidShown } = properties;
  const app = useApp();
  const { text, coin, locale } = app;
  const { parts, total: held } = formatSum([receipt.chargedMicro, receipt.returnedMicro], coin, locale);
  return (
    <div class="stack">
      <Stats
        stats={[
          ...(isPaidShown ? [] : [{ name: text("receiptCharged"), value: parts[0] ?? "" }]),
          { name: text("receiptReturned"), value: parts[1] ?? "" },
          { name: text("receiptEnergy"), value: formatKwh(receipt.energyMicroWh, locale, 3) },
          { name: text("receiptTime"), value: formatDuration(receipt.chargingSeconds, locale) },
        ]}
      />
      {receipt.chargedMicro === 0n && receipt.energyMicroWh === 0n && <Notice kind="good">{text("stateZero")}</Notice>}
      <div class="paper">
        <h2>{facts.seller}</h2>
        {facts.sellerPlace !== null && <p class="soft">{facts.sellerPlace}</p>}
        <Sums
          sums={[
            ...priceLines(receipt, app),
            { name: text("liveHold"), value: held, kind: "ruled" },
            { name: text("receiptReturned"), value: parts[1] ?? "" },
            ...(receipt.challenges.length === 0
              ? []
              : [{ name: text("challengeRefunded"), value: app.money(receipt.refundedMicro) }]),
            ...whenAndWhere(receipt, facts, app),
          ]}
        />
        {receipt.price.grossMicro > receipt.holdMicro + receipt.toppedUpMicro && (
          <p class="soft">{text("receiptCapped")}</p>
        )}
        <Fold title={text("receiptExact")}>
          <Sums sums={exactLines(receipt, app)} />
        </Fold>
        <Fold title={text("technicalDetails")}>
          <Sums sums={technicalLines(receipt, app)} />
        </Fold>
      </div>
    </div>
  );
}

/** The parts of the price with their tax, which add up to what was paid as printed. */
function priceLines(receipt: ParsedReceipt, { text, coin, locale }: App): readonly Sum[] {
  const { price, tariff, chargedMicro } = receipt;
  const energy = formatKwh(receipt.energyMicroWh, locale, 3);
  const hasOnePrice = tariff.energyBands.length === 0;
  const unitPrice = formatUnitPrice(tariff.priceNanoPerKwh, tariff.energyTaxBps, coin, locale, 4);
  const parts: readonly (readonly [string, bigint])[] = [
    [text("receiptFlat"), price.flatFeeMicro + price.flatTaxMicro],
    [
      hasOnePrice ? text("receiptEnergyTimes", { energy, price: unitPrice }) : text("receiptEnergyCost", { energy }),
      price.energyMicro + price.energyTaxMicro,
    ],
    [
      text("receiptChargingCost", { time: formatDuration(receipt.chargingSeconds, locale) }),
      price.chargingMicro + price.chargingTaxMicro,
    ],
    [
      text("receiptConnectedCost", { time: formatDuration(receipt.connectedSeconds, locale) }),
      price.connectedMicro + price.connectedTaxMicro,
    ],
  ];
  const sum = parts.reduce((micro, [, part]) => micro + part, 0n);
  const lines = [
    ...parts,
    [text("receiptMinimumApplied"), price.grossMicro - sum] as const,
    [text("receiptAboveHold"), chargedMicro - price.grossMicro] as const,
  ].filter(([, micro], index) => micro !== 0n || index === 1);
  const { figures, total } = formatSum(
    lines.map(([, micro]) => micro),
    coin,
    locale,
  );
  return [
    ...lines.map(([name], index): Sum => ({
      name,
      value: figures[index] ?? "",
      ...(index === 0 ? { kind: "ruled" } : {}),
    })),
    { name: text("receiptCharged"), value: total, kind: "total" },
    ...taxLine(receipt, { text, coin, locale }),
  ];
}

/** The tax in what was paid. Where the hold was the limit, the seller has to say how much tax is in it. */
function taxLine(
  receipt: ParsedReceipt,
  { text, coin, locale }: Pick<App, "text" | "coin" | "locale">,
): readonly Sum[] {
  const { netMicro, taxMicro, grossMicro } = receipt.price;
  if (receipt.chargedMicro !== grossMicro) return [];
  const { parts } = formatSum([netMicro, taxMicro], coin, locale);
  const rates = [receipt.tariff.energyTaxBps].filter((bps) => bps > 0).map((bps) => formatBps(bps, locale));
  const name = text("receiptOfWhichTax", { percent: rates.join(""), net: parts[0] ?? "" });
  return [{ name, value: parts[1] ?? "", kind: "detail" }];
}

function whenAndWhere(receipt: ParsedReceipt, facts: ReceiptFacts, { text, locale }: App): readonly Sum[] {
  const { begin, end } = facts;
  return [
    { name: text("receiptDate"), value: formatMoment(receipt.opening.openedAt, locale), kind: "ruled" },
    ...(begin === null || end === null
      ? []
      : [
          { name: text("receiptBegin"), value: formatMoment(begin.at, locale) },
          { name: text("receiptEnd"), value: formatMoment(end.at, locale) },
          { name: text("receiptMeterBegin"), value: formatKwh(begin.energyMicroWh, locale, 3) },
          { name: text("receiptMeterEnd"), value: formatKwh(end.energyMicroWh, locale, 3) },
        ]),
    { name: text("receiptPlace"), value: facts.place, kind: "ruled" },
    ...(facts.printedId === null ? [] : [{ name: text("evseBar"), value: <code>{facts.printedId}</code> }]),
    { name: text("receiptMeter"), value: receipt.meter.number },
    { name: text("receiptNumber"), value: <code>{receiptNumberOf(receipt.sessionId)}</code> },
  ];
}

function exactLines(receipt: ParsedReceipt, { text, coin, locale }: App): readonly Sum[] {
  const { price } = receipt;
  const exact = (micro: bigint): string => formatExactMoney(micro, coin, locale);
  return [
    { name: text("receiptEnergy"), value: formatExactKwh(receipt.energyMicroWh, locale) },
    { name: text("receiptTime"), value: formatSeconds(receipt.chargingSeconds) },
    { name: text("receiptConnected"), value: formatSeconds(receipt.connectedSeconds) },
    { name: text("receiptNet"), value: exact(price.netMicro) },
    { name: text("receiptTax"), value: exact(price.taxMicro) },
    { name: text("receiptGross"), value: exact(price.grossMicro) },
    { name: text("receiptCharged"), value: exact(receipt.chargedMicro), kind: "total" },
    { name: text("receiptReturned"), value: exact(receipt.returnedMicro) },
    { name: text("coinName"), value: coin.symbol },
  ];
}

function technicalLines(receipt: ParsedReceipt, { text }: App): readonly Sum[] {
  const { meter, evidence, isReadable, transaction } = receipt;
  return [
    { name: text("receiptCurve"), value: meter.curve },
    ...(meter.provenance === null
      ? []
      : [{ name: text("evseProvenance"), value: text(provenanceWords[meter.provenance]) }]),
    ...(evidence === null ? [] : [{ name: text("receiptEvidence"), value: text(`grade.${evidence.grade}`) }]),
    ...(isReadable === null
      ? []
      : [{ name: text("receiptReadable"), value: text(isReadable ? "receiptReadableYes" : "receiptReadableNo") }]),
    { name: text("evseOperatorAccount"), value: <Hash value={receipt.terms.operator} />, kind: "detail" },
    { name: text("receiptTransaction"), value: <Hash value={transaction.hash} />, kind: "detail" },
    { name: text("receiptBlock"), value: transaction.blockNumber, kind: "detail" },
    { name: text("sessionId"), value: <Hash value={receipt.sessionId} />, kind: "detail" },
  ];
}
