/**
 * Values that contracts take, as documents write them: receipts, dossiers and payments, whoever sent them. What has the
 * form and is none of these values would end the check of a document instead of being one of its faults.
 */
import { isAddress } from "ethers";
import { z } from "zod";

/** An address in letters of one case, or with a checksum that is right (ERC-55). */
export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/u)
  .refine(isAddress, "has another checksum");

/** An unsigned integer of at most so many bits, as decimal text. */
export function uintText(bits: number): z.ZodString {
  const greatest = 2n ** BigInt(bits) - 1n;
  const grammar = new RegExp(`^(?:0|[1-9][0-9]{0,${greatest.toString().length - 1}})$`, "u");
  return z
    .string()
    .regex(grammar)
    .refine((text) => grammar.test(text) && BigInt(text) <= greatest, `has more than ${bits} bits`);
}
