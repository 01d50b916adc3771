import { z } from "zod";

import type { SessionTerms } from "../../domain/terms.ts";
import type { VehicleConsent } from "../../domain/vehicle-consent.ts";
import { WattproofError } from "../../errors.ts";
import { meteredScheme, type MeteredRequirement } from "../api/metered-offer.ts";
import { micro } from "../api/values.ts";
import { anySignature, termsSchema, vehicleConsentSchema } from "./signed-orders.ts";

/** A header is a line of a request; what is longer is no payment. */
const mostHeaderCharacters = 8_192;

const paymentSchema = z.object({
  x402Version: z.literal(2),
  accepted: z.object({
    scheme: z.string(),
    network: z.string(),
    asset: z.string(),
    payTo: z.string(),
    amount: micro,
  }),
  payload: z.strictObject({ terms: termsSchema, signature: anySignature, consent: vehicleConsentSchema.optional() }),
});

/** Signed terms: by the driver's account, or by a vehicle's key within a consent of the driver. */
export interface MeteredPayment {
  readonly terms: SessionTerms;
  readonly signature: string;
  readonly consent: VehicleConsent | null;
}

/**
 * Reads a payment for a charging point.
 * @param offered What is asked for there now; the terms have to be those of one of them, whatever its amount.
 * @throws PAYMENT_INVALID naming what is wrong
 */
export function readMeteredPayment(
  header: string,
  offered: readonly MeteredRequirement[],
  unit: bigint,
): MeteredPayment {
  const { accepted, payload } = decode(header);
  const { terms, signature, consent = null } = payload;
  const wrong = (what: string): WattproofError => new WattproofError("PAYMENT_INVALID", what);
  if (accepted.scheme !== meteredScheme) throw wrong("accepted.scheme");
  const requirement = offered.find(({ extra }) => extra.tariffId === terms.tariffId);
  if (requirement === undefined) throw wrong("payload.terms.tariffId is not offered here");
  const { network, asset, payTo, extra } = requirement;
  if (accepted.network !== network) throw wrong("accepted.network");
  if (!isSame(accepted.asset, asset)) throw wrong("accepted.asset");
  if (!isSame(accepted.payTo, payTo) || !isSame(terms.operator, payTo)) throw wrong("payTo");
  if (BigInt(accepted.amount) !== terms.holdMicro * unit) throw wrong("payload.terms.holdMicro is not the amount");
  for (const name of ["agreement", "evse", "meter", "maximumPowerW"] as const) {
    if (terms[name] !== extra[name]) throw wrong(`payload.terms.${name}`);
  }
  return { terms, signature, consent };
}

function decode(header: string): z.output<typeof paymentSchema> {
  try {
    if (header.length > mostHeaderCharacters) throw new RangeError("The header is too long.");
    return paymentSchema.parse(JSON.parse(Buffer.from(header, "base64").toString("utf8")));
  } catch (error) {
    throw new WattproofError("PAYMENT_INVALID", "The header is no metered payment of x402, version 2.", {
      cause: error,
    });
  }
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
