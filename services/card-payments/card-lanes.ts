import { readFileSync } from "node:fs";

import { z } from "zod";

import { accountOf, type VehicleConsent } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";

const laneLimit = 256;
const hex = (digits: number): RegExp => new RegExp(`^0x[0-9a-fA-F]{${digits}}$`);
const micro = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/)
  .transform(BigInt);
const laneSchema = z.strictObject({
  driver: z.string().regex(hex(40)),
  lane: z.int().min(0),
  vehicleKey: z
    .string()
    .regex(hex(40))
    .transform((text) => text.toLowerCase()),
  operators: z.array(z.string().regex(hex(40))).min(1),
  sessionCapMicro: micro,
  periodCapMicro: micro,
  periodSeconds: z.int().min(1),
  expiresAt: z.int().min(1),
});

/**
 * The proxy's lanes: a consent for each, to a key that is held here. Each carries one charge at a time.
 * @throws CARD_LANES_INVALID
 */
export function readCardLanes(path: string): readonly VehicleConsent[] {
  const lanes = readLanes(path);
  const accounts = new Set(lanes.map(accountOf));
  if (accounts.size < lanes.length) throw new WattproofError("CARD_LANES_INVALID", "Two consents are for one lane.");
  return lanes;
}

function readLanes(path: string): readonly VehicleConsent[] {
  try {
    return z
      .array(laneSchema)
      .min(1)
      .max(laneLimit)
      .parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const where =
      error instanceof z.ZodError ? error.issues.map((issue) => issue.path.join(".") || "the list").join(", ") : "JSON";
    throw new WattproofError("CARD_LANES_INVALID", `${path}: ${where}`, { cause: error });
  }
}
