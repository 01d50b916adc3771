import { z } from "zod";

/** What an oracle signed of a session carries the time connected, where it carried the time idled after charging. */
export const connectedTimeStep = `
  ALTER TABLE signed_claims RENAME COLUMN idle_seconds TO connected_seconds;
  UPDATE signed_claims SET connected_seconds = charging_seconds + connected_seconds;
`;

const idled = z.looseObject({ chargingSeconds: z.number(), idleSeconds: z.number() });
const idlePrice = z.looseObject({ idleMicro: z.string() });
const idleParts = ["priceMicroPerIdleMinute", "idleGraceSeconds", "idleStepSeconds"] as const;
const tariff = z.record(z.string(), z.unknown());

/** A stored value with the time connected, where older ledgers hold how long a car idled after it had charged. */
export function withConnectedTime(value: unknown): unknown {
  const old = idled.safeParse(value);
  if (!old.success) return value;
  const { idleSeconds, ...rest } = old.data;
  return { ...rest, connectedSeconds: rest.chargingSeconds + idleSeconds };
}

/** A stored price with the fee for the time connected, where older ledgers hold one for idling: it was always zero. */
export function withConnectedPrice(value: unknown): unknown {
  const old = idlePrice.safeParse(value);
  if (!old.success) return value;
  const { idleMicro, ...rest } = old.data;
  return { ...rest, connectedMicro: idleMicro };
}

/** A stored tariff without the price of idling that older contracts knew: nothing was ever charged for it. */
export function withoutIdlePrice(value: unknown): unknown {
  const old = tariff.safeParse(value);
  if (!old.success || !idleParts.every((name) => Object.hasOwn(old.data, name))) return value;
  const rest = Object.entries(old.data).filter(([name]) => !idleParts.some((part) => part === name));
  const connected = { priceMicroPerConnectedMinute: "0", connectedFreeSeconds: 0, connectedStepSeconds: 0 };
  return { ...Object.fromEntries(rest), ...connected };
}
