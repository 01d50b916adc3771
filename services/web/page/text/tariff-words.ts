import { isFree, taxRatesOf, type Tariff } from "../../../domain/tariff.ts";
import type { TextKey } from "./translation.ts";
import { formatBps, formatCount, formatExactKwh } from "./amounts.ts";
import type { Coin } from "./coin.ts";
import { formatExactMoney, formatUnitPrice } from "./money.ts";
import { formatDuration } from "./times.ts";

/** One sentence about a price. */
export interface PriceWord {
  readonly key: TextKey;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A tariff in words, with tax: every component that it has; nothing that it has not. */
export function wordsOf(tariff: Tariff, coin: Coin, locale: string): readonly PriceWord[] {
  const words: PriceWord[] = [];
  const add = (key: TextKey, values: PriceWord["values"] = {}): void => {
    words.push({ key, values });
  };
  const price = (nano: bigint, taxBps: number): string => formatUnitPrice(nano, taxBps, coin, locale);
  const fee = (micro: bigint, taxBps: number): string => price(micro * 1_000n, taxBps);
  const money = (micro: bigint): string => formatExactMoney(micro, coin, locale);
  const { flatTaxBps, energyTaxBps, chargingTaxBps, connectedTaxBps } = tariff;

  if (isFree(tariff)) add("priceFree");
  if (tariff.priceNanoPerKwh > 0n || tariff.energyBands.length > 0) {
    add("priceEnergy", { amount: price(tariff.priceNanoPerKwh, energyTaxBps) });
  }
  for (const { fromWh, priceNanoPerKwh } of tariff.energyBands) {
    const from = formatExactKwh(BigInt(fromWh) * 1_000_000n, locale);
    add("priceEnergyBeyond", { amount: price(priceNanoPerKwh, energyTaxBps), from });
  }
  if (tariff.priceNanoPerChargingHour > 0n) {
    add("priceCharging", { amount: price(tariff.priceNanoPerChargingHour, chargingTaxBps) });
  }
  if (tariff.priceNanoPerConnectedHour > 0n) {
    const free = formatDuration(tariff.connectedFreeSeconds, locale);
    add("priceConnected", { amount: price(tariff.priceNanoPerConnectedHour, connectedTaxBps), free });
  }
  if (tariff.connectedMaximumMicro > 0n) {
    add("priceConnectedMaximum", { amount: fee(tariff.connectedMaximumMicro, connectedTaxBps) });
  }
  if (tariff.flatFeeMicro > 0n) add("priceFlat", { amount: fee(tariff.flatFeeMicro, flatTaxBps) });
  if (tariff.minimumGrossMicro > 0n) add("priceMinimum", { amount: money(tariff.minimumGrossMicro) });
  if (tariff.maximumGrossMicro > 0n) add("priceMaximum", { amount: money(tariff.maximumGrossMicro) });
  if (tariff.energyStepWh > 0) add("priceSteps", { wh: formatCount(tariff.energyStepWh, locale) });
  const rates = taxRatesOf(tariff).filter((taxBps) => taxBps > 0);
  if (rates.length > 0) add("priceTax", { percent: rates.map((taxBps) => formatBps(taxBps, locale)).join(", ") });
  else if (!isFree(tariff)) add("priceNoTax");
  add(tariff.chargesWithoutEnergy ? "priceAlsoWithoutEnergy" : "priceNothingWithoutEnergy");
  return words;
}
