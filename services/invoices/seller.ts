import { readFileSync } from "node:fs";

import { keccak256 } from "ethers";
import { z } from "zod";

import { clockOf } from "../domain/local-time.ts";
import { WattproofError } from "../errors.ts";

const text = z.string().trim().min(1).max(120);

/** Who sells: what an invoice has to say of its seller. */
export const sellerSchema = z.strictObject({
  /** The operator's account, which sells under this name. */
  operator: z.string().regex(/^0x[0-9a-fA-F]{40}$/u),
  name: text,
  street: text,
  postcode: z.string().trim().min(1).max(12),
  town: text,
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/u),
  /** With its country, such as DE123456789. */
  vatNumber: z
    .string()
    .regex(/^[A-Z]{2}[0-9A-Z.+*-]{2,18}$/u)
    .optional(),
  email: z.email().max(254).optional(),
  phone: z
    .string()
    .regex(/^[+0-9 ()/-]{5,30}$/u)
    .optional(),
  website: z.url({ protocol: /^https?$/u }).optional(),
  /** IANA name of the zone in which receipts tell times. */
  timeZone: z.string().refine((zone) => clockOf(zone) !== null, "must be a time zone such as Europe/Berlin"),
});

export type Seller = z.infer<typeof sellerSchema>;

/** The seller's file, and the hash under which its operator made it public. */
export interface SellerFile {
  readonly seller: Seller;
  /** keccak256 of the file's bytes. */
  readonly hash: string;
}

/** @throws SELLER_INVALID */
export function readSeller(path: string): SellerFile {
  try {
    const bytes = readFileSync(path);
    const seller = sellerSchema.parse(JSON.parse(bytes.toString("utf8")));
    return { seller, hash: keccak256(bytes) };
  } catch (error) {
    throw new WattproofError("SELLER_INVALID", `${path}: ${problemOf(error)}`, { cause: error });
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return "cannot be read as JSON.";
  return error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`).join("; ");
}
