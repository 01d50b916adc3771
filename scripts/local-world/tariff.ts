import type { Tariff } from "../../services/domain/tariff.ts";

/**
 * What the demo's operator charges: 0.35 to begin with, 0.42 per kWh, 0.012 per minute of charging, 0.05 per minute
 * connected after four hours, 8.1 % tax.
 */
export const demoTariff: Tariff = {
  flatFeeMicro: 350_000n,
  priceMicroPerKwh: 420_000n,
  priceMicroPerChargingMinute: 12_000n,
  priceMicroPerConnectedMinute: 50_000n,
  connectedFreeSeconds: 14_400,
  energyStepWh: 0,
  chargingStepSeconds: 60,
  connectedStepSeconds: 60,
  minimumMicro: 500_000n,
  maximumMicro: 0n,
  taxBps: 810,
  chargesWithoutEnergy: false,
};
