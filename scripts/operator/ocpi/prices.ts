import { taxRatesOf, type Tariff } from "../../../services/domain/tariff.ts";
import type { OcpiVersion } from "./cdr.ts";
import { money } from "./numbers.ts";

export type Json = Readonly<Record<string, unknown>>;

/** An amount before tax, with its tax: Price of either version. */
export function taxed(netMicro: bigint, taxMicro: bigint, version: OcpiVersion): Json {
  return priceOf(netMicro, netMicro + taxMicro, version);
}

/** An amount before and with tax: Price of either version, or the limit of a tariff. */
export function priceOf(
  netMicro: bigint,
  grossMicro: bigint,
  version: OcpiVersion,
  isLimit = false,
): Json {
  if (version === "2.2.1") return { excl_vat: money(netMicro), incl_vat: money(grossMicro) };
  if (isLimit) return { before_taxes: money(netMicro), after_taxes: money(grossMicro) };
  // Several rates have no common percentage.
  const tax = { name: "VAT", amount: money(grossMicro - netMicro) };
  return { before_taxes: money(netMicro), ...(grossMicro === netMicro ? {} : { taxes: [tax] }) };
}

/** An amount with tax without it, rounded down; with several rates, none of which can be told, all of it. */
export function withoutTax(grossMicro: bigint, tariff: Tariff): bigint {
  const rates = taxRatesOf(tariff);
  const [taxBps = 0] = rates.length === 1 ? rates : [];
  return (grossMicro * 10_000n) / (10_000n + BigInt(taxBps));
}
