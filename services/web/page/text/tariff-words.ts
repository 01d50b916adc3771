import type { Tariff } from "../../../domain/tariff.ts";
import type { TextKey } from "./translation.ts";
import { formatBps, formatCount, formatMicro } from "./amounts.ts";

/** One sentence about a price. */
export interface PriceWord {
  readonly key: TextKey;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A tariff in words, every component that it has; nothing that it has not. */
export function wordsOf(tariff: Tariff, symbol: string, locale: string): readonly PriceWord[] {
  const words: PriceWord[] = [];
  const add = (key: TextKey, values: PriceWord["values"] = {}): void => {
    words.push({ key, values });
  };
  const money = (micro: bigint): string => `${formatMicro(micro, locale)} ${symbol}`;

  if (isFree(tariff)) add("priceFree");
  if (tariff.flatFeeMicro > 0n) add("priceFlat", { amount: money(tariff.flatFeeMicro) });
  if (tariff.priceMicroPerKwh > 0n) add("priceEnergy", { amount: money(tariff.priceMicroPerKwh) });
  if (tariff.priceMicroPerChargingMinute > 0n) {
    add("priceCharging", { amount: money(tariff.priceMicroPerChargingMinute) });
  }
  if (tariff.priceMicroPerConnectedMinute > 0n) {
    const minutes = new Intl.NumberFormat(locale).format(tariff.connectedFreeSeconds / 60);
    add("priceConnected", { amount: money(tariff.priceMicroPerConnectedMinute), minutes });
  }
  if (tariff.minimumMicro > 0n) add("priceMinimum", { amount: money(tariff.minimumMicro) });
  if (tariff.maximumMicro > 0n) add("priceMaximum", { amount: money(tariff.maximumMicro) });
  if (tariff.energyStepWh > 0) add("priceSteps", { wh: formatCount(tariff.energyStepWh, locale) });
  if (tariff.taxBps > 0) add("priceTax", { percent: formatBps(tariff.taxBps, locale) });
  else if (!isFree(tariff)) add("priceNoTax");
  add(tariff.chargesWithoutEnergy ? "priceAlsoWithoutEnergy" : "priceNothingWithoutEnergy");
  return words;
}

function isFree(tariff: Tariff): boolean {
  return (
    tariff.flatFeeMicro === 0n &&
    tariff.priceMicroPerKwh === 0n &&
    tariff.priceMicroPerChargingMinute === 0n &&
    tariff.priceMicroPerConnectedMinute === 0n &&
    tariff.minimumMicro === 0n
  );
}
