import { z } from "zod";

/** A setting that is a whole number of decimal digits. */
export function integer(least: number, most: number) {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,15})$/, "must be an integer in decimal digits")
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));
}
