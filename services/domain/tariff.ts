/** A price of energy that applies after the first one: to each kilowatt-hour beyond `fromWh`. */
export interface EnergyBand {
  /** Above zero and below 2^32. */
  readonly fromWh: number;
  /** In nano-tokens (1e-9), below 2^48. */
  readonly priceNanoPerKwh: bigint;
}

/**
 * The price of a charging session. Amounts are in micro-tokens (1e-6), prices per kWh and hour in nano-tokens (1e-9); both
 * are before tax unless the name says gross. `packTariff` gives the form that the contract takes.
 */
export interface Tariff {
  readonly flatFeeMicro: bigint;
  /** From the first watt-hour on. */
  readonly priceNanoPerKwh: bigint;
  /** At most three, each from more energy on than the one before it. */
  readonly energyBands: readonly EnergyBand[];
  /** Energy counts in whole steps, rounded down; 0 charges the exact energy. */
  readonly energyStepWh: number;
  readonly priceNanoPerChargingHour: bigint;
  /** 0 charges every second. */
  readonly chargingStepSeconds: number;
  /** Per hour from plugging in to the end, after the free span. */
  readonly priceNanoPerConnectedHour: bigint;
  readonly connectedFreeSeconds: number;
  /** 0 charges every second after the free span. */
  readonly connectedStepSeconds: number;
  /** The most that the connected fee alone comes to; 0 is no maximum. */
  readonly connectedMaximumMicro: bigint;
  readonly flatTaxBps: number;
  readonly energyTaxBps: number;
  readonly chargingTaxBps: number;
  readonly connectedTaxBps: number;
  readonly minimumMicro: bigint;
  readonly minimumGrossMicro: bigint;
  /** 0 is no maximum, as with `maximumGrossMicro`. */
  readonly maximumMicro: bigint;
  readonly maximumGrossMicro: bigint;
  readonly chargesWithoutEnergy: boolean;
}

/** What a session costs, component by component, each rounded down to micro-tokens (1e-6). */
export interface PriceBreakdown {
  readonly flatFeeMicro: bigint;
  readonly energyMicro: bigint;
  readonly chargingMicro: bigint;
  readonly connectedMicro: bigint;
  /** The taxes of the four, before minimum and maximum. */
  readonly flatTaxMicro: bigint;
  readonly energyTaxMicro: bigint;
  readonly chargingTaxMicro: bigint;
  readonly connectedTaxMicro: bigint;
  /** The sum of the components after the minimum and maximum before tax. */
  readonly netMicro: bigint;
  /** gross − net. */
  readonly taxMicro: bigint;
  /** The sum of the components and their taxes after the minimum and maximum with tax. */
  readonly grossMicro: bigint;
}

/** How many prices of energy a tariff may have beside the first one. */
export const mostEnergyBands = 3;

const microWhPerWh = 1_000_000n;
// Nano-tokens per kWh on 10⁻⁶ Wh, and nano-tokens per hour on seconds, in micro-tokens.
const energyScale = 1_000_000_000_000n;
const timeScale = 3_600_000n;
const bpsPerWhole = 10_000n;

/** A tariff that charges nothing: what is left out of another one. */
export const freeTariff: Tariff = {
  flatFeeMicro: 0n,
  priceNanoPerKwh: 0n,
  energyBands: [],
  energyStepWh: 0,
  priceNanoPerChargingHour: 0n,
  chargingStepSeconds: 0,
  priceNanoPerConnectedHour: 0n,
  connectedFreeSeconds: 0,
  connectedStepSeconds: 0,
  connectedMaximumMicro: 0n,
  flatTaxBps: 0,
  energyTaxBps: 0,
  chargingTaxBps: 0,
  connectedTaxBps: 0,
  minimumMicro: 0n,
  minimumGrossMicro: 0n,
  maximumMicro: 0n,
  maximumGrossMicro: 0n,
  chargesWithoutEnergy: false,
};

const nothing: PriceBreakdown = {
  flatFeeMicro: 0n,
  energyMicro: 0n,
  chargingMicro: 0n,
  connectedMicro: 0n,
  flatTaxMicro: 0n,
  energyTaxMicro: 0n,
  chargingTaxMicro: 0n,
  connectedTaxMicro: 0n,
  netMicro: 0n,
  taxMicro: 0n,
  grossMicro: 0n,
};

/**
 * What a session costs at a tariff, before the hold limits it. The contract computes the same; this one tells it before.
 * The limits before and with tax hold independently of each other.
 * @param energyMicroWh Energy delivered, in 10⁻⁶ Wh.
 * @param chargingSeconds Time charged.
 * @param connectedSeconds Time from plugging in to the end, free span and charging included.
 */
export function priceOf(
  tariff: Tariff,
  energyMicroWh: bigint,
  chargingSeconds: number,
  connectedSeconds: number,
): PriceBreakdown {
  if (energyMicroWh < 0n || chargingSeconds < 0 || connectedSeconds < 0) {
    throw new RangeError("Energy and times are not negative.");
  }
  if (energyMicroWh === 0n && !tariff.chargesWithoutEnergy) return nothing;

  const { flatFeeMicro } = tariff;
  const energyMicro = energyFeeOf(tariff, energyMicroWh);
  const charging = roundDownToStep(BigInt(chargingSeconds), BigInt(tariff.chargingStepSeconds));
  const chargingMicro = (charging * tariff.priceNanoPerChargingHour) / timeScale;
  const connectedMicro = connectedFeeOf(tariff, connectedSeconds);
  const flatTaxMicro = taxOf(flatFeeMicro, tariff.flatTaxBps);
  const energyTaxMicro = taxOf(energyMicro, tariff.energyTaxBps);
  const chargingTaxMicro = taxOf(chargingMicro, tariff.chargingTaxBps);
  const connectedTaxMicro = taxOf(connectedMicro, tariff.connectedTaxBps);

  const sumMicro = flatFeeMicro + energyMicro + chargingMicro + connectedMicro;
  const sumGrossMicro = sumMicro + flatTaxMicro + energyTaxMicro + chargingTaxMicro + connectedTaxMicro;
  const grossMicro = limited(sumGrossMicro, tariff.minimumGrossMicro, tariff.maximumGrossMicro);
  const limitedMicro = limited(sumMicro, tariff.minimumMicro, tariff.maximumMicro);
  // Of a tariff that nobody could publish the limits may be crossed.
  const netMicro = limitedMicro > grossMicro ? grossMicro : limitedMicro;

  return {
    ...{ flatFeeMicro, energyMicro, chargingMicro, connectedMicro },
    ...{ flatTaxMicro, energyTaxMicro, chargingTaxMicro, connectedTaxMicro },
    ...{ netMicro, taxMicro: grossMicro - netMicro, grossMicro },
  };
}

/** One rate of tax on everything. */
export function taxedAlike(
  taxBps: number,
): Pick<Tariff, "flatTaxBps" | "energyTaxBps" | "chargingTaxBps" | "connectedTaxBps"> {
  return { flatTaxBps: taxBps, energyTaxBps: taxBps, chargingTaxBps: taxBps, connectedTaxBps: taxBps };
}

/** A limit with tax for one before tax, where everything that costs something has one rate; rounded down. */
export function grossLimitOf(limitMicro: bigint, taxBps: number): bigint {
  return limitMicro + taxOf(limitMicro, taxBps);
}

/** Whether anything in it is counted by time. */
export function hasTimePrice({ priceNanoPerChargingHour, priceNanoPerConnectedHour }: Tariff): boolean {
  return priceNanoPerChargingHour > 0n || priceNanoPerConnectedHour > 0n;
}

/** The rates of tax on what a tariff charges something for, each once. */
export function taxRatesOf(tariff: Tariff): readonly number[] {
  const { energyBands } = tariff;
  const rates: readonly (readonly [isCharged: boolean, taxBps: number])[] = [
    [tariff.flatFeeMicro > 0n, tariff.flatTaxBps],
    [tariff.priceNanoPerKwh > 0n || energyBands.some((band) => band.priceNanoPerKwh > 0n), tariff.energyTaxBps],
    [tariff.priceNanoPerChargingHour > 0n, tariff.chargingTaxBps],
    [tariff.priceNanoPerConnectedHour > 0n, tariff.connectedTaxBps],
  ];
  return [...new Set(rates.filter(([isCharged]) => isCharged).map(([, taxBps]) => taxBps))];
}

/** Whether no session can cost anything. */
export function isFree(tariff: Tariff): boolean {
  return taxRatesOf(tariff).length === 0 && tariff.minimumMicro === 0n && tariff.minimumGrossMicro === 0n;
}

/** Each part of the energy has the price of its band; they are added up before anything is rounded. */
function energyFeeOf({ energyStepWh, priceNanoPerKwh, energyBands }: Tariff, energyMicroWh: bigint): bigint {
  const energy = roundDownToStep(energyMicroWh, BigInt(energyStepWh) * microWhPerWh);
  let [scaled, pricedMicroWh, priceNano] = [0n, 0n, priceNanoPerKwh];
  for (const band of energyBands) {
    const fromMicroWh = BigInt(band.fromWh) * microWhPerWh;
    if (energy <= fromMicroWh) break;
    if (fromMicroWh > pricedMicroWh) {
      scaled += (fromMicroWh - pricedMicroWh) * priceNano;
      pricedMicroWh = fromMicroWh;
    }
    priceNano = band.priceNanoPerKwh;
  }
  return (scaled + (energy - pricedMicroWh) * priceNano) / energyScale;
}

function connectedFeeOf(tariff: Tariff, connectedSeconds: number): bigint {
  const afterFreeSpan = BigInt(Math.max(0, connectedSeconds - tariff.connectedFreeSeconds));
  const charged = roundDownToStep(afterFreeSpan, BigInt(tariff.connectedStepSeconds));
  return limited((charged * tariff.priceNanoPerConnectedHour) / timeScale, 0n, tariff.connectedMaximumMicro);
}

function taxOf(netMicro: bigint, taxBps: number): bigint {
  return (netMicro * BigInt(taxBps)) / bpsPerWhole;
}

function limited(amountMicro: bigint, minimumMicro: bigint, maximumMicro: bigint): bigint {
  const atLeast = amountMicro < minimumMicro ? minimumMicro : amountMicro;
  return maximumMicro !== 0n && atLeast > maximumMicro ? maximumMicro : atLeast;
}

function roundDownToStep(value: bigint, step: bigint): bigint {
  return step === 0n ? value : value - (value % step);
}
