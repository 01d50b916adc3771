import { z } from "zod";

import { freeTariff, grossLimitOf, taxedAlike, type Tariff } from "../../domain/tariff.ts";

/** What an oracle signed of a session carries the time connected, where it carried the time idled after charging. */
export const connectedTimeStep = `
  ALTER TABLE signed_claims RENAME COLUMN idle_seconds TO connected_seconds;
  UPDATE signed_claims SET connected_seconds = charging_seconds + connected_seconds;
`;

const amount = z.string().transform(BigInt);
const idled = z.looseObject({ chargingSeconds: z.number(), idleSeconds: z.number() });
const olderPrice = z.object({
  flatFeeMicro: z.string(),
  energyMicro: z.string(),
  chargingMicro: z.string(),
  idleMicro: z.string(),
  netMicro: z.string(),
  taxMicro: z.string(),
  grossMicro: z.string(),
});
const olderTariff = z.object({
  flatFeeMicro: amount,
  priceMicroPerKwh: amount,
  priceMicroPerChargingMinute: amount,
  idleGraceSeconds: z.number(),
  energyStepWh: z.number(),
  chargingStepSeconds: z.number(),
  minimumMicro: amount,
  maximumMicro: amount,
  taxBps: z.number(),
  chargesWithoutEnergy: z.boolean(),
});

/** A stored value with the time connected, where older ledgers hold how long a car idled after it had charged. */
export function withConnectedTime(value: unknown): unknown {
  const old = idled.safeParse(value);
  if (!old.success) return value;
  const { idleSeconds, ...rest } = old.data;
  return { ...rest, connectedSeconds: rest.chargingSeconds + idleSeconds };
}

/** A stored price of today's form. Older ones have a fee for idling, always zero, and one tax that no component names. */
export function withComponentTaxes(value: unknown): unknown {
  const old = olderPrice.safeParse(value);
  if (!old.success) return value;
  const { idleMicro: connectedMicro, ...rest } = old.data;
  const taxes = { flatTaxMicro: "0", energyTaxMicro: "0", chargingTaxMicro: "0", connectedTaxMicro: "0" };
  return { ...rest, connectedMicro, ...taxes };
}

/** The tariff that an older one is today; `null` if it is none. Nothing was ever charged for idling. */
export function tariffOfOlderForm(value: unknown): Tariff | null {
  const old = olderTariff.safeParse(value);
  if (!old.success) return null;
  const { priceMicroPerKwh, priceMicroPerChargingMinute, taxBps, flatFeeMicro, ...rest } = old.data;
  const { energyStepWh, chargingStepSeconds, minimumMicro, maximumMicro, chargesWithoutEnergy } = rest;
  return {
    ...freeTariff,
    ...{ flatFeeMicro, energyStepWh, chargingStepSeconds, minimumMicro, maximumMicro, chargesWithoutEnergy },
    ...taxedAlike(taxBps),
    priceNanoPerKwh: priceMicroPerKwh * 1_000n,
    priceNanoPerChargingHour: priceMicroPerChargingMinute * 60_000n,
    minimumGrossMicro: grossLimitOf(minimumMicro, taxBps),
    maximumGrossMicro: grossLimitOf(maximumMicro, taxBps),
  };
}
