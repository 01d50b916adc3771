/**
 * What a partner of OCPI makes of a charge detail record, by the specification alone (mod_tariffs, mod_cdrs): it knows nothing
 * of our tariffs. Numbers are fractions, so nothing is rounded but by the specification's steps.
 */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

interface Component {
  readonly type: string;
  readonly price: number;
  readonly vat?: number;
  readonly step_size: number;
}

/** The parts of a record that the price depends on, in either version. */
interface PricedCdr {
  readonly tariffs: readonly {
    readonly id: string;
    readonly elements: readonly {
      readonly price_components: readonly Component[];
      readonly restrictions?: Readonly<Record<string, number>>;
    }[];
    readonly min_price?: Readonly<Record<string, number>>;
    readonly max_price?: Readonly<Record<string, number>>;
  }[];
  readonly start_date_time: string;
  readonly charging_periods: readonly {
    readonly start_date_time: string;
    readonly tariff_id: string;
    readonly dimensions: readonly { readonly type: string; readonly volume: number }[];
  }[];
  readonly credit?: boolean;
}

/** In 10⁻⁶ of the currency, rounded down. */
export interface RecomputedCost {
  readonly netMicro: bigint;
  readonly grossMicro: bigint;
}

// A unit of a volume in units of a step: kWh in Wh, hours in seconds.
const stepsPerUnit: Readonly<Record<string, bigint>> = { ENERGY: 1_000n, TIME: 3_600n, PARKING_TIME: 3_600n };

export function recompute(content: unknown): RecomputedCost {
  const cdr = content as PricedCdr;
  const tariffId = cdr.charging_periods[0]?.tariff_id;
  if (cdr.charging_periods.some(({ tariff_id }) => tariff_id !== tariffId)) throw new Error("Periods of two tariffs.");
  const tariff = cdr.tariffs.find(({ id }) => id === tariffId);
  if (tariff === undefined) throw new Error(`The record has no tariff ${String(tariffId)}.`);

  let net = zero;
  let gross = zero;
  const charge = ({ price, vat = 0 }: Component, volume: Fraction): void => {
    const cost = multiply(decimal(price), volume);
    net = add(net, cost);
    gross = add(gross, multiply(cost, add(one, multiply(decimal(vat), { over: 1n, under: 100n }))));
  };
  // What each component prices, in the order in which they are used.
  const used = new Map<string, Map<Component, Fraction>>();
  const use = (type: string, component: Component | undefined, volume: Fraction): void => {
    if (component === undefined) return;
    const volumes = used.get(type) ?? new Map<Component, Fraction>();
    const before = volumes.get(component) ?? zero;
    volumes.delete(component);
    used.set(type, volumes.set(component, add(before, volume)));
  };
  let energy = zero;
  let fee: Component | undefined;
  const begin = Date.parse(cdr.start_date_time);
  for (const { start_date_time: start, dimensions } of cdr.charging_periods) {
    const volumeOf = (type: string): Fraction => decimal(dimensions.find((each) => each.type === type)?.volume ?? 0);
    const hours = add(volumeOf("TIME"), volumeOf("PARKING_TIME"));
    const seconds: Fraction = { over: BigInt(Date.parse(start) - begin), under: 1_000n };
    const types = dimensions.map(({ type }) => type);
    if (types.includes("TIME") && types.includes("PARKING_TIME")) throw new Error("A car charges or it does not.");
    const until = add(energy, volumeOf("ENERGY"));
    const ends = add(seconds, multiply(hours, { over: 3_600n, under: 1n }));
    const fitting = tariff.elements.filter(({ restrictions = {} }) => {
      const unknown = Object.keys(restrictions).find((name) => !/^(?:min|max)_(?:kwh|duration)$/u.test(name));
      if (unknown !== undefined) throw new Error(`Restricted by ${unknown}.`);
      const { min_kwh: fromKwh, max_kwh: toKwh, min_duration: fromSeconds, max_duration: toSeconds } = restrictions;
      // A period is added where another element begins to apply (mod_cdrs, ChargingPeriod).
      for (const edge of [fromKwh, toKwh]) if (isWithin(edge, energy, until)) throw new Error(`Crosses ${edge} kWh.`);
      for (const edge of [fromSeconds, toSeconds]) {
        if (isWithin(edge, seconds, ends)) throw new Error(`Crosses ${edge} s.`);
      }
      return isFrom(energy, fromKwh, toKwh) && isFrom(seconds, fromSeconds, toSeconds);
    });
    const first = (type: string): Component | undefined =>
      fitting.flatMap((element) => element.price_components).find((component) => component.type === type);
    fee ??= first("FLAT");
    for (const { type, volume } of dimensions) use(type, first(type), decimal(volume));
    energy = until;
  }
  if (fee !== undefined) charge(fee, one);
  const isParkingPriced = used.has("PARKING_TIME");
  for (const [type, volumes] of used) {
    // Steps count for the component that is used last, and for parking alone where a session has both times.
    const whole = [...volumes.values()].reduce(add, zero);
    const last = [...volumes.keys()].at(-1);
    for (const [component, volume] of volumes) {
      const hasStep = component === last && (type !== "TIME" || !isParkingPriced);
      const extra = hasStep ? subtract(inSteps(whole, type, component.step_size), whole) : zero;
      charge(component, add(volume, extra));
    }
  }

  const before = (limit: Readonly<Record<string, number>> | undefined): number | undefined =>
    limit?.["excl_vat"] ?? limit?.["before_taxes"];
  const after = (limit: Readonly<Record<string, number>> | undefined): number | undefined =>
    limit?.["incl_vat"] ?? limit?.["after_taxes"];
  const sign = cdr.credit === true ? -1n : 1n;
  return {
    netMicro: sign * floorMicro(limited(net, before(tariff.min_price), before(tariff.max_price))),
    grossMicro: sign * floorMicro(limited(gross, after(tariff.min_price), after(tariff.max_price))),
  };
}

/** What the record itself says that the session cost, in 10⁻⁶ token. */
export function statedCost(cdr: Readonly<Record<string, unknown>>): {
  readonly netMicro: bigint;
  readonly grossMicro: bigint;
} {
  const cost = cdr["total_cost"] as Readonly<Record<string, unknown>>;
  const micro = (amount: unknown): bigint => BigInt(Math.round(Number(amount) * 1_000_000));
  if ("excl_vat" in cost) return { netMicro: micro(cost["excl_vat"]), grossMicro: micro(cost["incl_vat"]) };
  const netMicro = micro(cost["before_taxes"]);
  const taxes = (cost["taxes"] ?? []) as readonly { readonly amount: number }[];
  return { netMicro, grossMicro: taxes.reduce((sum, { amount }) => sum + micro(amount), netMicro) };
}

const zero: Fraction = { over: 0n, under: 1n };
const one: Fraction = { over: 1n, under: 1n };

/** A number of JSON exactly as it is written. */
function decimal(value: number): Fraction {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const shift = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return shift >= 0
    ? { over: digits, under: 10n ** BigInt(shift) }
    : { over: digits * 10n ** BigInt(-shift), under: 1n };
}

function add(left: Fraction, right: Fraction): Fraction {
  return { over: left.over * right.under + right.over * left.under, under: left.under * right.under };
}

function multiply(left: Fraction, right: Fraction): Fraction {
  return { over: left.over * right.over, under: left.under * right.under };
}

function subtract(left: Fraction, right: Fraction): Fraction {
  return add(left, { over: -right.over, under: right.under });
}

/** An edge that is neither the begin nor the end. */
function isWithin(edge: number | undefined, from: Fraction, to: Fraction): boolean {
  return edge !== undefined && isLess(from, decimal(edge)) && isLess(decimal(edge), to);
}

function isFrom(value: Fraction, least: number | undefined, most: number | undefined): boolean {
  return (
    (least === undefined || !isLess(value, decimal(least))) && (most === undefined || isLess(value, decimal(most)))
  );
}

function isLess(left: Fraction, right: Fraction): boolean {
  return left.over * right.under < right.over * left.under;
}

/** Consumed amounts are rounded up to the next multiple of step_size. */
function inSteps(volume: Fraction, type: string, stepSize: number): Fraction {
  const perUnit = stepsPerUnit[type] ?? 1n;
  const step = BigInt(stepSize);
  if (step < 1n) throw new Error("A step is at least one.");
  const steps = (volume.over * perUnit + volume.under * step - 1n) / (volume.under * step);
  return { over: steps * step, under: perUnit };
}

function limited(cost: Fraction, least: number | undefined, most: number | undefined): Fraction {
  const raised = least !== undefined && isLess(cost, decimal(least)) ? decimal(least) : cost;
  return most !== undefined && isLess(decimal(most), raised) ? decimal(most) : raised;
}

function floorMicro({ over, under }: Fraction): bigint {
  return (over * 1_000_000n) / under;
}
