import { money } from "../../../services/domain/ocpi/numbers.ts";
import type { OcpiVersion } from "../../../services/domain/ocpi/tariff-document.ts";
import { isUntaxed, type Json } from "../../../services/domain/ocpi/tariff-elements.ts";
import { taxRatesOf, type Tariff } from "../../../services/domain/tariff.ts";
import type { Amounts } from "./arithmetic.ts";
import { roundDown } from "./fraction.ts";

const microDecimals = 6;

/** An amount before and with tax: Price of either version. The rate of tax is said where there is one alone. */
export function priceOf(netMicro: bigint, grossMicro: bigint, tariff: Tariff, version: OcpiVersion): Json {
  if (version === "2.2.1") return { excl_vat: money(netMicro), incl_vat: money(grossMicro) };
  const [rate = 0, ...others] = taxRatesOf(tariff);
  const percentage = others.length === 0 && rate > 0 ? { percentage: rate / 100 } : {};
  const isTaxed = !isUntaxed(tariff) || grossMicro !== netMicro;
  const tax = { name: "VAT", ...percentage, amount: money(grossMicro - netMicro) };
  return { before_taxes: money(netMicro), ...(isTaxed ? { taxes: [tax] } : {}) };
}

/** What OCPI's rules give for a part, rounded down to 10⁻⁶. */
export function partOf({ net, gross }: Amounts, tariff: Tariff, version: OcpiVersion): Json {
  return priceOf(roundDown(net, microDecimals), roundDown(gross, microDecimals), tariff, version);
}
