import { freeTariff, taxedAlike, type Tariff } from "../../services/domain/tariff.ts";

/** A tariff with most of the components that there are. */
export const testTariff: Tariff = {
  ...freeTariff,
  ...taxedAlike(810),
  flatFeeMicro: 350_000n,
  priceNanoPerKwh: 490_000_000n,
  priceNanoPerChargingHour: 600_000_000n,
  priceNanoPerConnectedHour: 3_000_000_000n,
  connectedFreeSeconds: 14_400,
};
