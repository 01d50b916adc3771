import { grossLimitOf, type Tariff } from "../../../services/domain/tariff.ts";
import { scaled } from "./exact-number.ts";
import type { PricedParts } from "./convert-components.ts";
import type { OcpiTariff } from "./tariff-schema.ts";
import type { Verdicts } from "./conversion.ts";

const mostMicro = 2n ** 64n - 1n;

interface Limit {
  readonly net: bigint;
  readonly gross: bigint;
}
const noLimit: Limit = { net: 0n, gross: 0n };

/** Adds the least and the highest price, each before and with tax. */
export function convertLimits(ocpi: OcpiTariff, { tariff, rates }: PricedParts, verdicts: Verdicts): Tariff {
  const minimum = limitOf(ocpi, "min_price", rates, verdicts);
  const maximum = limitOf(ocpi, "max_price", rates, verdicts);
  if (maximum.net > 0n && (minimum.net > maximum.net || minimum.gross > maximum.gross)) {
    verdicts.refused("min_price", "it is above max_price");
  }
  return {
    ...tariff,
    minimumMicro: minimum.net,
    minimumGrossMicro: minimum.gross,
    maximumMicro: maximum.net,
    maximumGrossMicro: maximum.gross,
  };
}

function limitOf(
  ocpi: OcpiTariff,
  name: "min_price" | "max_price",
  rates: ReadonlySet<number>,
  { priced, informative, refused }: Verdicts,
): Limit {
  const price = ocpi[name];
  if (price === undefined) return noLimit;
  const before = "excl_vat" in price ? price.excl_vat : price.before_taxes;
  const after = "excl_vat" in price ? price.incl_vat : price.after_taxes;
  const [netField, grossField] =
    "excl_vat" in price ? (["excl_vat", "incl_vat"] as const) : (["before_taxes", "after_taxes"] as const);
  const net = scaled(before, 6);
  if (net === null || net < 0n || net > mostMicro || (name === "max_price" && net === 0n)) {
    refused(`${name}.${netField}`, `${before} is no amount that the contract can hold as this limit`);
    return noLimit;
  }
  const [rate = 0, ...otherRates] = rates;
  if (after === undefined && otherRates.length > 0) {
    refused(`${name}.${grossField}`, "with several rates of tax it has to be said what the limit is with tax");
    return noLimit;
  }
  const gross = after === undefined ? grossLimitOf(net, rate) : scaled(after, 6);
  if (gross === null || gross < net || gross > mostMicro || gross > 2n * net) {
    refused(`${name}.${grossField}`, `${after ?? ""} is no amount with tax for ${before} without it`);
    return noLimit;
  }
  if (net === 0n) informative(name, "it limits nothing");
  else priced(name, `${before} before tax, ${Number(gross) / 1_000_000} with it`);
  return { net, gross };
}
