import { z } from "zod";

import { address, count, evseNumber, hash, micro, tariff } from "./values.ts";

/*
 * The wire of x402, version 2 (https://github.com/coinbase/x402), with a scheme of ours, `metered`. The payer signs the terms
 * of a session, whose hold is the `amount` that is asked for: the most that can be paid. What is paid is what the meter signs.
 */

export const meteredScheme = "metered";

/** What the payer has to know of a charging point beside the amount. */
const meteredOffer = z.object({
  /** The domain in which the terms are signed. */
  settlement: address,
  /** Where the payer's consent has to be granted if its vehicle's key signs. */
  vehicleConsents: address,
  agreement: count,
  evse: evseNumber,
  meter: count,
  maximumPowerW: count,
  tariffId: hash,
  tariff,
  holdMicro: micro,
  /** In seconds since 1970: a session that opens by then is served at this price. */
  validUntil: count,
});

/** One way to pay: a tariff of the charging point. */
export const meteredRequirement = z.object({
  scheme: z.literal(meteredScheme),
  network: z.string().regex(/^eip155:[1-9][0-9]*$/),
  asset: address,
  payTo: address,
  /** The hold, in the token's smallest unit. */
  amount: micro,
  maxTimeoutSeconds: count,
  extra: meteredOffer,
});

/** The content of the header and the body of status 402. */
export const meteredRequiredSchema = z.object({
  x402Version: z.literal(2),
  error: z.string(),
  resource: z.object({ url: z.string(), description: z.string(), mimeType: z.string() }),
  accepts: z.array(meteredRequirement),
});

/** What a client is asked for. */
export type MeteredRequirement = z.output<typeof meteredRequirement>;
