import { formatDecimal } from "../../../domain/decimal.ts";
import type { Tariff } from "../../../domain/tariff.ts";

/** In which cases a session costs less than OCPI's rules give by the tariff's elements, in English; empty: in none. */
export function remarksOf(tariff: Tariff, currency: string): string {
  const { energyStepWh, chargingStepSeconds, connectedStepSeconds, connectedMaximumMicro } = tariff;
  const hasSteps = energyStepWh > 1 || chargingStepSeconds > 1 || connectedStepSeconds > 1;
  const costsWithoutEnergy =
    tariff.flatFeeMicro > 0n ||
    tariff.minimumGrossMicro > 0n ||
    tariff.priceNanoPerChargingHour > 0n ||
    tariff.priceNanoPerConnectedHour > 0n;
  const cap = formatDecimal({ unscaled: connectedMaximumMicro, scale: 6 });
  const remarks: readonly (readonly [boolean, string])[] = [
    [!tariff.chargesWithoutEnergy && costsWithoutEnergy, "Without energy nothing is charged."],
    [hasSteps, "A step that was begun and not completed is free."],
    [connectedMaximumMicro > 0n, `The fee for the time connected is at most ${cap} ${currency} before tax.`],
  ];
  return remarks
    .filter(([isSo]) => isSo)
    .map(([, remark]) => remark)
    .join(" ");
}
