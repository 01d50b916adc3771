import { Signature, getAddress, isAddress } from "ethers";
import { z } from "zod";

/** Terms and a wallet's longest signature have less. */
export const orderLimitBytes = 8_192;
/** Of ten owners, an assertion of a passkey, or five owners and how their wallet is deployed. */
const walletSignatureBytes = 2_048;

export const address = z.string().refine(isAddress).transform(getAddress);

export function uint(bits: number): z.ZodInt {
  return z
    .int()
    .min(0)
    .max(2 ** bits - 1);
}

/** An amount above zero as decimal text. */
export function amount(digits: number): z.ZodType<bigint> {
  return z
    .string()
    .regex(new RegExp(`^[1-9][0-9]{0,${digits - 1}}$`))
    .transform(BigInt);
}

/** r, s, v: 65 bytes of which s is in the lower half, as contracts take it. */
export const signature = z
  .string()
  .regex(/^0x[0-9a-fA-F]{130}$/)
  .refine((text) => {
    try {
      return Signature.from(text).serialized.length === text.length;
    } catch {
      // Not a signature of any key.
      return false;
    }
  });

/**
 * The same, or what a wallet that is a contract takes as its signature (ERC-1271); nothing (`0x`) where its owners have
 * said so on the chain, as a Safe lets them.
 */
export const anySignature = z.union([
  signature,
  z.string().regex(new RegExp(`^0x(?:[0-9a-fA-F]{2}){0,${walletSignatureBytes}}$`)),
]);

/** When the session opened, and the salt of its opening; the chain's event `GroupOpened` says both. */
export const openingSchema = z.strictObject({ openedAt: uint(40), salt: uint(24) });

const consentMicro = amount(19);

/** What a driver lets a vehicle or a fleet do. */
export const vehicleConsentSchema = z.strictObject({
  driver: address,
  lane: uint(32),
  vehicleKey: z
    .string()
    .regex(/^0x(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{128})$/)
    .transform((text) => text.toLowerCase()),
  operators: z.array(address).min(1).max(8),
  sessionCapMicro: consentMicro,
  periodCapMicro: consentMicro,
  periodSeconds: uint(40),
  expiresAt: uint(40),
});

export const termsSchema = z.strictObject({
  driver: address,
  lane: uint(32),
  nonce: uint(32),
  operator: address,
  agreement: uint(32),
  evse: uint(32),
  meter: uint(32),
  maximumPowerW: uint(24),
  tariffId: z.string().regex(/^0x[0-9a-f]{64}$/),
  holdMicro: amount(19),
  expiresAt: uint(40),
});
