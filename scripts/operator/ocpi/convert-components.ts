import type { EnergyBand, Tariff } from "../../../services/domain/tariff.ts";
import { connectedPartOf } from "./convert-times.ts";
import { createReader, isRestricted, taxText, type ComponentReader, type PlacedComponent } from "./component-reader.ts";
import type { ConversionChoices, Verdicts } from "./conversion.ts";
import { scaled } from "./exact-number.ts";
import type { OcpiPriceComponent, OcpiTariff } from "./tariff-schema.ts";

const mostBandPrice = 2n ** 48n - 1n;
const mostWh = 2n ** 32n - 1n;
const mostBands = 4;

/** What the elements that apply at some time give, without limits. */
export interface PricedParts {
  readonly tariff: Omit<Tariff, "minimumMicro" | "minimumGrossMicro" | "maximumMicro" | "maximumGrossMicro">;
  /** The rates of tax of everything that costs something. */
  readonly rates: ReadonlySet<number>;
}

/**
 * Translates the price components of some elements of a tariff.
 * @param indices Of the elements.
 * @param used Gets the path of each component that applies.
 */
export function convertComponents(
  ocpi: OcpiTariff,
  indices: readonly number[],
  choices: ConversionChoices,
  verdicts: Verdicts,
  used: Set<string>,
): PricedParts {
  const components = indices.flatMap((elementIndex): readonly PlacedComponent[] => {
    const element = ocpi.elements[elementIndex];
    if (element === undefined || hasRefusedRestriction(verdicts, elementIndex)) return [];
    return element.price_components.map((component, index) => ({
      ...component,
      elementPath: `elements[${elementIndex}]`,
      path: `elements[${elementIndex}].price_components[${index}]`,
      restrictions: element.restrictions ?? {},
    }));
  });
  const reader = createReader(ocpi, choices, verdicts, used);
  const of = (type: OcpiPriceComponent["type"]): readonly PlacedComponent[] =>
    components.filter((component) => component.type === type);
  const flat = flatPart(of("FLAT"), reader);
  const energy = energyPart(of("ENERGY"), reader);
  const times = connectedPartOf(of("TIME"), of("PARKING_TIME"), reader);
  const costs: readonly (readonly [isPriced: boolean, taxBps: number])[] = [
    [flat.flatFeeMicro > 0n, flat.flatTaxBps],
    [energy.priceNanoPerKwh > 0n || energy.energyBands.length > 0, energy.energyTaxBps],
    [times.priceNanoPerChargingHour > 0n, times.chargingTaxBps],
    [times.priceNanoPerConnectedHour > 0n, times.connectedTaxBps],
  ];
  return {
    tariff: { ...flat, ...energy, ...times, chargesWithoutEnergy: choices.chargesWithoutEnergy },
    rates: new Set(costs.filter(([isPriced]) => isPriced).map(([, taxBps]) => taxBps)),
  };
}

function hasRefusedRestriction({ all }: Verdicts, elementIndex: number): boolean {
  const place = `elements[${elementIndex}].restrictions.`;
  return all.some(({ path, verdict }) => verdict === "refused" && path.startsWith(place));
}

function flatPart(
  components: readonly PlacedComponent[],
  reader: ComponentReader,
): Pick<Tariff, "flatFeeMicro" | "flatTaxBps"> {
  const { verdicts } = reader;
  const [first] = components.filter((component) => !isRestricted(component, /_(?:kwh|duration)$/u, reader));
  if (first === undefined) return { flatFeeMicro: 0n, flatTaxBps: 0 };
  reader.use(first);
  const read = reader.price(first);
  if (read === null) return { flatFeeMicro: 0n, flatTaxBps: 0 };
  verdicts.priced(first.path, `${first.price} for a session${taxText(read)}`);
  return { flatFeeMicro: read.amount, flatTaxBps: read.taxBps };
}

/** Where the price of energy changes, and the component from there on. */
interface Span {
  readonly fromWh: bigint;
  readonly component: PlacedComponent | undefined;
}

function energyPart(
  components: readonly PlacedComponent[],
  reader: ComponentReader,
): Pick<Tariff, "priceNanoPerKwh" | "energyBands" | "energyStepWh" | "energyTaxBps"> {
  const { verdicts } = reader;
  const none = { priceNanoPerKwh: 0n, energyBands: [], energyStepWh: 0, energyTaxBps: 0 };
  const allowed = components.filter((component) => !isRestricted(component, /_duration$/u, reader));
  const spans = spansOf(allowed, reader);
  if (spans === null) return none;
  for (const { component } of spans) if (component !== undefined) reader.use(component);
  const bands: EnergyBand[] = [];
  let taxBps: number | null = null;
  let energyStepWh: number | null = null;
  for (const { fromWh, component } of spans) {
    const read =
      component === undefined
        ? { amount: 0n, taxBps: 0 }
        : reader.price(component, fromWh === 0n ? undefined : mostBandPrice);
    if (read === null) return none;
    if (component !== undefined && read.amount > 0n) {
      if (taxBps !== null && taxBps !== read.taxBps) {
        verdicts.refused(`${component.path}.vat`, `${read.taxBps / 100} %, and other energy has ${taxBps / 100} %`);
        return none;
      }
      taxBps = read.taxBps;
      const step = reader.step(component);
      if (energyStepWh !== null && energyStepWh !== step) {
        verdicts.refused(`${component.path}.step_size`, "all energy has one step");
        return none;
      }
      energyStepWh = step;
    }
    if (component !== undefined) {
      const from = fromWh === 0n ? "" : ` from ${Number(fromWh) / 1_000} kWh on`;
      verdicts.priced(component.path, `${component.price} for a kWh${from}${taxText(read)}`);
    }
    if (bands.at(-1)?.priceNanoPerKwh !== read.amount)
      bands.push({ fromWh: Number(fromWh), priceNanoPerKwh: read.amount });
  }
  if (bands.length > mostBands) {
    verdicts.refused(components.at(-1)?.path ?? "elements", `energy has more than ${mostBands} prices`);
    return none;
  }
  const [first, ...energyBands] = bands;
  return {
    priceNanoPerKwh: first?.priceNanoPerKwh ?? 0n,
    energyBands,
    energyStepWh: energyStepWh ?? 0,
    energyTaxBps: taxBps ?? 0,
  };
}

/** What prices energy from where on; `null` where a bound was refused. */
function spansOf(components: readonly PlacedComponent[], { verdicts }: ComponentReader): readonly Span[] | null {
  const bounded: (readonly [PlacedComponent, bigint, bigint | null])[] = [];
  for (const component of components) {
    const { min_kwh: min, max_kwh: max } = component.restrictions;
    const bounds = [min ?? 0, max ?? null].map((bound) => (bound === null ? null : scaled(bound, 3)));
    for (const [position, name] of (["min_kwh", "max_kwh"] as const).entries()) {
      const value = component.restrictions[name];
      const bound = bounds[position];
      if (value === undefined || (bound !== null && bound !== undefined && bound >= 0n && bound <= mostWh)) continue;
      verdicts.refused(
        `${component.elementPath}.restrictions.${name}`,
        `${value} is no whole number of Wh that can be held`,
      );
      return null;
    }
    bounded.push([component, bounds[0] ?? 0n, bounds[1] ?? null]);
  }
  const edges = new Set([0n, ...bounded.flatMap(([, from, to]) => [from, ...(to === null ? [] : [to])])]);
  return [...edges]
    .toSorted((left, right) => Number(left - right))
    .map((fromWh) => ({
      fromWh,
      component: bounded.find(([, from, to]) => fromWh >= from && (to === null || fromWh < to))?.[0],
    }));
}
