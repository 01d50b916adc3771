import { taxRatesOf, type Tariff } from "../../../services/domain/tariff.ts";
import type { Amounts } from "./arithmetic.ts";
import type { OcpiVersion } from "./cdr.ts";
import { roundDown } from "./fraction.ts";
import { money } from "./numbers.ts";

export type Json = Readonly<Record<string, unknown>>;

const microDecimals = 6;

/** Nothing of a tariff is taxed: no price, and no limit, which has a tax of its own. */
export function isUntaxed(tariff: Tariff): boolean {
  const { minimumMicro, minimumGrossMicro, maximumMicro, maximumGrossMicro } = tariff;
  const areLimitsUntaxed = minimumMicro === minimumGrossMicro && maximumMicro === maximumGrossMicro;
  return areLimitsUntaxed && taxRatesOf(tariff).every((rate) => rate === 0);
}

/** An amount before and with tax: Price of either version. The rate of tax is said where there is one alone. */
export function priceOf(netMicro: bigint, grossMicro: bigint, tariff: Tariff, version: OcpiVersion): Json {
  if (version === "2.2.1") return { excl_vat: money(netMicro), incl_vat: money(grossMicro) };
  const [rate = 0, ...others] = taxRatesOf(tariff);
  const percentage = others.length === 0 && rate > 0 ? { percentage: rate / 100 } : {};
  const isTaxed = !isUntaxed(tariff) || grossMicro !== netMicro;
  const tax = { name: "VAT", ...percentage, amount: money(grossMicro - netMicro) };
  return { before_taxes: money(netMicro), ...(isTaxed ? { taxes: [tax] } : {}) };
}

/** The least or highest price of a tariff. */
export function limitOf(netMicro: bigint, grossMicro: bigint, version: OcpiVersion): Json {
  return version === "2.2.1"
    ? { excl_vat: money(netMicro), incl_vat: money(grossMicro) }
    : { before_taxes: money(netMicro), after_taxes: money(grossMicro) };
}

/** What OCPI's rules give for a part, rounded down to 10⁻⁶. */
export function partOf({ net, gross }: Amounts, tariff: Tariff, version: OcpiVersion): Json {
  return priceOf(roundDown(net, microDecimals), roundDown(gross, microDecimals), tariff, version);
}
