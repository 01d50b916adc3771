import { z } from "zod";

const small = z.bigint().transform(Number);

/** A session's terms as the library decodes them from a call. */
export const termsSchema = z.object({
  driver: z.string(),
  lane: small,
  nonce: small,
  operator: z.string(),
  agreement: small,
  evse: small,
  meter: small,
  maximumPowerW: small,
  tariffId: z.string(),
  holdMicro: z.bigint(),
  expiresAt: small,
});
