import type { Tariff } from "../../../services/domain/tariff.ts";
import type { OcpiVersion } from "./cdr.ts";
import { money } from "./numbers.ts";

export type Json = Readonly<Record<string, unknown>>;

/** An amount before tax, with its tax: Price of either version, or the limit of a tariff. */
export function taxed(netMicro: bigint, tariff: Tariff, version: OcpiVersion, isLimit = false): Json {
  return priceOf(netMicro, netMicro + (netMicro * BigInt(tariff.taxBps)) / 10_000n, tariff, version, isLimit);
}

/** An amount before and with tax: Price of either version, or the limit of a tariff. */
export function priceOf(
  netMicro: bigint,
  grossMicro: bigint,
  { taxBps }: Tariff,
  version: OcpiVersion,
  isLimit = false,
): Json {
  if (version === "2.2.1") return { excl_vat: money(netMicro), incl_vat: money(grossMicro) };
  if (isLimit) return { before_taxes: money(netMicro), after_taxes: money(grossMicro) };
  const tax = { name: "VAT", percentage: taxBps / 100, amount: money(grossMicro - netMicro) };
  return { before_taxes: money(netMicro), ...(taxBps === 0 ? {} : { taxes: [tax] }) };
}

/** An amount with tax without it, rounded down. */
export function withoutTax(grossMicro: bigint, taxBps: number): bigint {
  return (grossMicro * 10_000n) / (10_000n + BigInt(taxBps));
}
