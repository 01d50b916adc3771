import {
  add,
  compare,
  divide,
  fraction,
  fractionOf,
  least,
  multiply,
  roundUpToStep,
  subtract,
  zero,
  type Fraction,
} from "./fraction.ts";
import { effectiveRestrictions } from "./restrictions.ts";
import type { OcpiPriceComponent, OcpiTariff } from "./tariff-schema.ts";

/** What of a session OCPI prices by: energy in kWh, times in hours. */
export type PricedDimension = "ENERGY" | "TIME" | "PARKING_TIME";

/** A charging period as far as a price depends on it. */
export interface PricedPeriod {
  /** Seconds from the begin of the session. */
  readonly afterSeconds: number;
  readonly volumes: Readonly<Partial<Record<PricedDimension, Fraction>>>;
}

export interface Amounts {
  readonly net: Fraction;
  readonly gross: Fraction;
}

/** What a tariff gives by OCPI's rules, exact. */
export interface OcpiPrice {
  /** Before the limits of the tariff. */
  readonly components: Readonly<Record<OcpiPriceComponent["type"], Amounts>>;
  /** Within min_price and max_price. */
  readonly total: Amounts;
  /** A component costs something and the tariff does not say the rate of its tax: net and gross are taken to be the same. */
  readonly isTaxUntold: boolean;
}

const usable: ReadonlySet<string> = new Set(["min_kwh", "max_kwh", "min_duration", "max_duration", "reservation"]);
const stepsPerUnit: Readonly<Record<PricedDimension, bigint>> = { ENERGY: 1_000n, TIME: 3_600n, PARKING_TIME: 3_600n };
const hundred = fraction(100n);
const one = fraction(1n);

/** A volume that one component prices. */
interface Piece {
  readonly component: OcpiPriceComponent;
  readonly volume: Fraction;
}

/** The JSON paths of the restrictions by which a price cannot be told from energy and times alone. */
export function unusableRestrictions(tariff: OcpiTariff, atSeconds: number): readonly string[] {
  return tariff.elements.flatMap(({ restrictions = {} }, index) =>
    effectiveRestrictions(restrictions, atSeconds)
      .filter((name) => !usable.has(name))
      .map((name) => `elements[${index}].restrictions.${name}`),
  );
}

/**
 * Prices a session by OCPI 2.2.1 and 2.3.0 (mod_tariffs): of each dimension the first element whose restrictions match
 * prices it; volumes are rounded up to the step of the component used last, but the step of TIME only counts where parking
 * is not priced. Energy is split where an element begins or ends by kWh; any other restriction is looked at when a period
 * begins. Elements for reservations price no charging.
 * @param tariff Without restrictions that `unusableRestrictions` names.
 * @param periods In their order.
 */
export function priceByOcpi(tariff: OcpiTariff, periods: readonly PricedPeriod[]): OcpiPrice {
  const flat: Piece[] = [];
  const pieces: Record<PricedDimension, Piece[]> = { ENERGY: [], TIME: [], PARKING_TIME: [] };
  let energy = zero;
  for (const { afterSeconds, volumes } of periods) {
    const fee = flat.length === 0 ? componentAt(tariff, "FLAT", energy, afterSeconds) : undefined;
    if (fee !== undefined) flat.push({ component: fee, volume: one });
    for (const type of ["TIME", "PARKING_TIME"] as const) {
      const volume = volumes[type];
      const component = volume === undefined ? undefined : componentAt(tariff, type, energy, afterSeconds);
      if (volume !== undefined && component !== undefined && volume.over > 0n) pieces[type].push({ component, volume });
    }
    const end = add(energy, volumes.ENERGY ?? zero);
    while (compare(energy, end) < 0) {
      const next = edgesAbove(tariff, energy).reduce(least, end);
      const component = componentAt(tariff, "ENERGY", energy, afterSeconds);
      if (component !== undefined) pieces.ENERGY.push({ component, volume: subtract(next, energy) });
      energy = next;
    }
  }
  const hasTimeSteps = pieces.PARKING_TIME.length === 0;
  const components = {
    FLAT: costOf(flat, tariff),
    ENERGY: costOf(inSteps(pieces.ENERGY, "ENERGY"), tariff),
    TIME: costOf(hasTimeSteps ? inSteps(pieces.TIME, "TIME") : pieces.TIME, tariff),
    PARKING_TIME: costOf(inSteps(pieces.PARKING_TIME, "PARKING_TIME"), tariff),
  };
  const isTaxUntold =
    "tax_included" in tariff &&
    tariff.tax_included !== "N/A" &&
    [...flat, ...Object.values(pieces).flat()].some(
      ({ component }) => component.price !== 0 && component.vat === undefined,
    );
  return { components, total: limited(Object.values(components).reduce(sum), tariff), isTaxUntold };
}

function componentAt(
  tariff: OcpiTariff,
  type: OcpiPriceComponent["type"],
  energy: Fraction,
  afterSeconds: number,
): OcpiPriceComponent | undefined {
  for (const { restrictions = {}, price_components: components } of tariff.elements) {
    const component = components.find((candidate) => candidate.type === type);
    if (component === undefined || restrictions.reservation !== undefined) continue;
    const { min_kwh: minKwh, max_kwh: maxKwh, min_duration: minDuration, max_duration: maxDuration } = restrictions;
    if (minKwh !== undefined && compare(energy, fractionOf(minKwh)) < 0) continue;
    if (maxKwh !== undefined && compare(energy, fractionOf(maxKwh)) >= 0) continue;
    if (minDuration !== undefined && afterSeconds < minDuration) continue;
    if (maxDuration !== undefined && afterSeconds >= maxDuration) continue;
    return component;
  }
  return undefined;
}

/** Where, above an energy, another element can begin to price it. */
function edgesAbove(tariff: OcpiTariff, energy: Fraction): readonly Fraction[] {
  return tariff.elements
    .flatMap(({ restrictions = {} }) => [restrictions.min_kwh, restrictions.max_kwh])
    .filter((edge) => edge !== undefined)
    .map(fractionOf)
    .filter((edge) => compare(edge, energy) > 0);
}

/** The last piece takes what the sum of all is rounded up by. */
function inSteps(pieces: readonly Piece[], type: PricedDimension): readonly Piece[] {
  const last = pieces.at(-1);
  if (last === undefined || last.component.step_size < 1) return pieces;
  const volume = pieces.reduce((total, piece) => add(total, piece.volume), zero);
  const step = fraction(BigInt(last.component.step_size), stepsPerUnit[type]);
  const extra = subtract(roundUpToStep(volume, step), volume);
  return [...pieces.slice(0, -1), { ...last, volume: add(last.volume, extra) }];
}

function costOf(pieces: readonly Piece[], tariff: OcpiTariff): Amounts {
  const isTaxIncluded = "tax_included" in tariff && tariff.tax_included === "YES";
  return pieces
    .map(({ component, volume }): Amounts => {
      const cost = multiply(fractionOf(component.price), volume);
      const factor = add(one, divide(fractionOf(component.vat ?? 0), hundred));
      return isTaxIncluded ? { net: divide(cost, factor), gross: cost } : { net: cost, gross: multiply(cost, factor) };
    })
    .reduce(sum, { net: zero, gross: zero });
}

function sum(left: Amounts, right: Amounts): Amounts {
  return { net: add(left.net, right.net), gross: add(left.gross, right.gross) };
}

/** Both limits hold, each for itself (mod_tariffs, notes on min_price and max_price). */
function limited({ net, gross }: Amounts, { min_price: min, max_price: max }: OcpiTariff): Amounts {
  const netOf = (price: typeof min): number | undefined =>
    price === undefined ? undefined : "excl_vat" in price ? price.excl_vat : price.before_taxes;
  const grossOf = (price: typeof min): number | undefined =>
    price === undefined ? undefined : "excl_vat" in price ? price.incl_vat : price.after_taxes;
  const within = (cost: Fraction, low: number | undefined, high: number | undefined): Fraction => {
    const raised = low !== undefined && compare(cost, fractionOf(low)) < 0 ? fractionOf(low) : cost;
    return high === undefined ? raised : least(raised, fractionOf(high));
  };
  return { net: within(net, netOf(min), netOf(max)), gross: within(gross, grossOf(min), grossOf(max)) };
}
