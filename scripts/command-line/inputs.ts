import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { dateSeconds } from "../../services/domain/local-time.ts";

/** What arguments and options are made of. Messages complete the sentence "<name> …". */
export const addressInput = z
  .string()
  .refine((text) => isAddress(text), "must be an address of 0x and 40 hexadecimal digits")
  .transform(getAddress);

export const sessionIdInput = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/u, "must be a session id of 0x and 64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

export const tariffIdInput = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/u, "must be a tariff id of 0x and 64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

/** A whole number within limits. */
export function wholeInput(least: number, most: number): z.ZodType<number> {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^[0-9]{1,15}$/u, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** Number of an EVSE, meter or agreement of the registries. */
export const registryNumberInput = wholeInput(1, 2 ** 32 - 1);

/** An amount of tokens with at most six decimals, as 10⁻⁶ token. */
export const tokenAmountInput = z
  .string()
  .regex(/^[0-9]{1,12}(\.[0-9]{1,6})?$/u, "must be an amount of tokens with at most six decimals, like 12.50")
  .transform((text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
  })
  .refine((amountMicro) => amountMicro > 0n, "must be more than nothing");

/** A time with its zone, or a day, which begins at midnight UTC; seconds since 1970. */
export const timeInput = z
  .string()
  .regex(
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$/u,
    "must be a day like 2027-01-31, or a time with its zone like 2027-01-31T08:00:00+01:00",
  )
  .transform((text) => (dateSeconds(text.slice(0, 10)) === null ? NaN : Math.floor(Date.parse(text) / 1_000)))
  .refine((seconds) => Number.isSafeInteger(seconds) && seconds >= 0, "must be a day that exists, from 1970 on");

/** 32 bytes. */
export const hashInput = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/u, "must be 0x and 64 hexadecimal digits")
  .transform((text) => text.toLowerCase());
