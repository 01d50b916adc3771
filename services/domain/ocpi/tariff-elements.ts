import { taxRatesOf, type Tariff } from "../tariff.ts";
import { money, nanoMoney } from "./numbers.ts";

export type Json = Readonly<Record<string, unknown>>;

const whPerKwh = 1_000;

/** Nothing of a tariff is taxed: no price, and no limit, which has a tax of its own. */
export function isUntaxed(tariff: Tariff): boolean {
  const { minimumMicro, minimumGrossMicro, maximumMicro, maximumGrossMicro } = tariff;
  const areLimitsUntaxed = minimumMicro === minimumGrossMicro && maximumMicro === maximumGrossMicro;
  return areLimitsUntaxed && taxRatesOf(tariff).every((rate) => rate === 0);
}

/**
 * The elements of a tariff in OCPI's words. Bands of energy are elements by kWh. The fee for the time connected is charging
 * and parking at the same price on top, from the end of the free span on; OCPI has one rate of tax for charging time, so it
 * is the higher one where fee and charging have two.
 */
export function tariffElements(tariff: Tariff, isFree: boolean): readonly Json[] {
  const hasNoTax = isUntaxed(tariff);
  const component = (type: string, price: number, taxBps: number): Json => ({
    type,
    price,
    ...(hasNoTax || isFree ? {} : { vat: taxBps / 100 }),
    step_size: 1,
  });
  if (isFree) return [{ price_components: [component("ENERGY", 0, 0)] }];

  const { priceNanoPerChargingHour: charging, priceNanoPerConnectedHour: fee, connectedFreeSeconds: free } = tariff;
  const chargingTaxBps = charging === 0n ? tariff.connectedTaxBps : tariff.chargingTaxBps;
  const togetherTaxBps = Math.max(chargingTaxBps, tariff.connectedTaxBps);
  const elements: { price_components: readonly Json[]; restrictions?: Json }[] = [];
  if (fee > 0n) {
    elements.push({
      price_components: [
        component("TIME", nanoMoney(charging + fee), togetherTaxBps),
        component("PARKING_TIME", nanoMoney(fee), tariff.connectedTaxBps),
      ],
      ...(free > 0 ? { restrictions: { min_duration: free } } : {}),
    });
  }
  const always = [
    ...(tariff.flatFeeMicro > 0n ? [component("FLAT", money(tariff.flatFeeMicro), tariff.flatTaxBps)] : []),
    ...(charging > 0n && (fee === 0n || free > 0)
      ? [component("TIME", nanoMoney(charging), tariff.chargingTaxBps)]
      : []),
  ];
  const bands = [{ fromWh: 0, priceNanoPerKwh: tariff.priceNanoPerKwh }, ...tariff.energyBands];
  const hasEnergyPrice = bands.some(({ priceNanoPerKwh }) => priceNanoPerKwh > 0n);
  const energy = bands.map(({ priceNanoPerKwh }) =>
    component("ENERGY", nanoMoney(priceNanoPerKwh), tariff.energyTaxBps),
  );
  if (bands.length === 1 && hasEnergyPrice) always.push(...energy);
  // The first element that matches counts, so the fee's stands before what always applies.
  if (always.length > 0) elements.push({ price_components: always });
  if (bands.length > 1) {
    for (const [index, priced] of energy.entries()) {
      const [from, to] = [bands[index]?.fromWh ?? 0, bands[index + 1]?.fromWh];
      const restrictions = {
        ...(from > 0 ? { min_kwh: from / whPerKwh } : {}),
        ...(to === undefined ? {} : { max_kwh: to / whPerKwh }),
      };
      elements.push({ price_components: [priced], restrictions });
    }
  }
  return elements.length === 0 ? [{ price_components: [component("ENERGY", 0, 0)] }] : elements;
}
