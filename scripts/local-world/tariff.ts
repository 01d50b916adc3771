import { freeTariff, taxedAlike, type Tariff } from "../../services/domain/tariff.ts";

/**
 * What the demo's operator charges: 0.35 to begin with, 0.42 per kWh, 0.72 per hour of charging, 3.00 per hour connected
 * after four hours and at most 12.00 of that, at least 0.50 before tax; 8.1 % tax.
 */
export const demoTariff: Tariff = {
  ...freeTariff,
  ...taxedAlike(810),
  flatFeeMicro: 350_000n,
  priceNanoPerKwh: 420_000_000n,
  priceNanoPerChargingHour: 720_000_000n,
  chargingStepSeconds: 60,
  priceNanoPerConnectedHour: 3_000_000_000n,
  connectedFreeSeconds: 14_400,
  connectedStepSeconds: 60,
  connectedMaximumMicro: 12_000_000n,
  minimumMicro: 500_000n,
  minimumGrossMicro: 540_500n,
};
