import type { RequestHandler } from "express";
import { z } from "zod";

import type { DriverOrders } from "../../chain/driver-orders.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import { parseBody, readBody } from "../body.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createRateLimit } from "../entrance/limits.ts";
import { nameCall } from "./relayed-calls.ts";
import { address, amount, anySignature, orderLimitBytes, openingSchema, termsSchema, uint } from "./signed-orders.ts";

const uint64Digits = 19;
const uint256Digits = 77;
/** As with openings. */
const driverShare = 10;

export const driverOrderSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("top-up"),
    terms: termsSchema,
    opening: openingSchema,
    toppedUpMicro: z
      .string()
      .regex(/^(?:0|[1-9][0-9]{0,18})$/)
      .transform(BigInt),
    amountMicro: amount(uint64Digits),
    signature: anySignature,
  }),
  z.strictObject({
    kind: z.literal("withdrawal"),
    withdrawal: z.strictObject({
      driver: address,
      lane: uint(32),
      nonce: uint(32),
      amount: amount(uint256Digits),
      recipient: address,
      deadline: uint(40),
    }),
    signature: anySignature,
  }),
]);

/** `POST /v1/driver-orders`: brings a signed top-up or withdrawal to the chain, so that the driver pays no gas. */
export function createDriverOrdersHandler(deps: {
  readonly orders: DriverOrders | null;
  /** The limit of openings, counted on its own. */
  readonly openingsPerMinute: number;
  readonly entrance: Entrance;
  /** Why a session on these terms would not be served here; `null` if it would. */
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly now: () => number;
}): RequestHandler {
  const { orders, now } = deps;
  const { openingsPerMinute } = deps;
  const clients = createClientLimit(deps.entrance, now, "driver-orders", openingsPerMinute);
  const drivers = createRateLimit(openingsPerMinute / 60 / driverShare, now, "CLIENT_RATE_EXCEEDED");

  return async (request, response) => {
    if (orders === null) throw new WattproofError("RELAY_NOT_CONFIGURED", "Send the order from your own wallet.");
    clients.admit(request);
    const client = deps.entrance.clients.clientOf(request).key;
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send application/json in UTF-8.");
    }
    const order = parseBody(await readBody(request, orderLimitBytes), driverOrderSchema);
    const unserved = order.kind === "top-up" ? await deps.findUnserved(order.terms) : null;
    if (unserved !== null) throw new WattproofError("EVSE_NOT_SERVED", unserved);

    const { driver } = order.kind === "top-up" ? order.terms : order.withdrawal;
    // Before it is sure who signed, a stranger would use up what the driver may.
    const admit = (): void => {
      drivers.admit(driver);
    };
    const { status, txHash, callId } = await orders.carryOut(order, { client, admit });
    nameCall(response, callId);
    response.status(status === "done" ? 200 : 202).json({ status, txHash, ...(callId && { callId }) });
  };
}
