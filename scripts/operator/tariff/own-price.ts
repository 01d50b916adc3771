import type { PriceBreakdown } from "../../../services/domain/tariff.ts";
import { priceByOcpi, type Amounts } from "../ocpi/arithmetic.ts";
import { roundDown } from "../ocpi/fraction.ts";
import { durationEdges, pricedPeriods, sessionPeriods, type SessionTotals } from "../ocpi/session-periods.ts";
import type { OcpiTariff } from "../ocpi/tariff-schema.ts";

/** What a session costs by a tariff's own rules. */
export interface OwnPrice {
  readonly netMicro: bigint;
  readonly taxMicro: bigint;
  readonly grossMicro: bigint;
  /** What the price is made of; the parts add up to it, before tax and with it. */
  readonly parts: readonly PricePart[];
}

interface PricePart {
  readonly part: string;
  readonly netMicro: bigint;
  readonly taxMicro: bigint;
}

const microDecimals = 6;

/** The contract's price, with what it is made of. */
export function contractPrice(price: PriceBreakdown): OwnPrice {
  const { netMicro, taxMicro, grossMicro } = price;
  return withParts({ netMicro, taxMicro, grossMicro }, [
    { part: "flat", netMicro: price.flatFeeMicro, taxMicro: price.flatTaxMicro },
    { part: "energy", netMicro: price.energyMicro, taxMicro: price.energyTaxMicro },
    { part: "charging", netMicro: price.chargingMicro, taxMicro: price.chargingTaxMicro },
    { part: "connected", netMicro: price.connectedMicro, taxMicro: price.connectedTaxMicro },
  ]);
}

/** OCPI's price, six decimals rounded down: with its steps, which it rounds up. */
export function ocpiPrice(tariff: OcpiTariff, totals: SessionTotals): OwnPrice {
  const periods = sessionPeriods(totals, { seconds: durationEdges(tariff.elements), energyMicroWh: [] });
  const { components, total } = priceByOcpi(tariff, pricedPeriods(periods));
  const netMicro = roundDown(total.net, microDecimals);
  const grossMicro = roundDown(total.gross, microDecimals);
  const partOf = (part: string, amounts: Amounts): PricePart => {
    const net = roundDown(amounts.net, microDecimals);
    return { part, netMicro: net, taxMicro: roundDown(amounts.gross, microDecimals) - net };
  };
  return withParts({ netMicro, taxMicro: grossMicro - netMicro, grossMicro }, [
    partOf("flat", components.FLAT),
    partOf("energy", components.ENERGY),
    partOf("charging", components.TIME),
    partOf("parking", components.PARKING_TIME),
  ]);
}

function withParts(price: Omit<OwnPrice, "parts">, parts: readonly PricePart[]): OwnPrice {
  const netMicro = parts.reduce((rest, part) => rest - part.netMicro, price.netMicro);
  const taxMicro = parts.reduce((rest, part) => rest - part.taxMicro, price.taxMicro);
  // Parts that are each rounded down leave a few millionths; more is what a limit adds or takes off.
  const most = BigInt(parts.length);
  const isRounding = [netMicro, taxMicro].every((rest) => rest > -most && rest < most);
  const limit = netMicro + taxMicro < 0n ? "maximum" : "minimum";
  const last = { part: isRounding ? "rounding" : limit, netMicro, taxMicro };
  const all = [...parts, last].filter((part) => part.netMicro !== 0n || part.taxMicro !== 0n);
  return { ...price, parts: all };
}
