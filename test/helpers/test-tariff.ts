import type { Tariff } from "../../services/domain/tariff.ts";

/** A tariff with most of the components that there are. */
export const testTariff: Tariff = {
  flatFeeMicro: 350_000n,
  priceMicroPerKwh: 490_000n,
  priceMicroPerChargingMinute: 10_000n,
  priceMicroPerConnectedMinute: 50_000n,
  connectedFreeSeconds: 14_400,
  energyStepWh: 0,
  chargingStepSeconds: 0,
  connectedStepSeconds: 0,
  minimumMicro: 0n,
  maximumMicro: 0n,
  taxBps: 810,
  chargesWithoutEnergy: false,
};
