import type { RequestHandler } from "express";
import { z } from "zod";

import type { DriverOrders } from "../../chain/driver-orders.ts";
import type { OpeningRelay } from "../../chain/opening-relay.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../../ingest/http/body.ts";
import { createRateLimit } from "../../ingest/http/limits.ts";
import type { TariffDirectory } from "../../verify/tariff-directory.ts";
import { amount, orderLimitBytes, parseOrder, signature, termsSchema, uint } from "./signed-orders.ts";

/** What has so many digits is a uint256. */
const uint256Digits = 77;

/** The ways in, told apart by `kind`; others are added beside these. */
const openingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("signed-terms"), terms: termsSchema, signature }),
  z.strictObject({
    kind: z.literal("permit-and-terms"),
    terms: termsSchema,
    permit: z.strictObject({ value: amount(uint256Digits), deadline: uint(40), signature }),
    signature,
  }),
  z.strictObject({
    kind: z.literal("transfer-authorization"),
    terms: termsSchema,
    authorization: z.strictObject({ value: amount(uint256Digits), validAfter: uint(40), validBefore: uint(40) }),
    signature,
  }),
]);

/** `POST /v1/openings`: brings what a driver has signed to the chain, so that the driver pays no gas. */
export function createOpeningsHandler(deps: {
  readonly relay: OpeningRelay | null;
  readonly orders: DriverOrders | null;
  readonly openingsPerMinute: number;
  /** Why nothing should be held for a charge at an EVSE now; `null` if nothing is known against it. */
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly now: () => number;
}): RequestHandler {
  const { relay, orders, now } = deps;
  const perSecond = deps.openingsPerMinute / 60;
  const clients = createRateLimit(perSecond, now, "CLIENT_RATE_EXCEEDED");
  const drivers = createRateLimit(perSecond / 10, now, "CLIENT_RATE_EXCEEDED");

  return async (request, response) => {
    if (relay === null || orders === null) {
      throw new WattproofError("RELAY_NOT_CONFIGURED", "Send the opening from your own wallet.");
    }
    clients.admit(request.socket.remoteAddress ?? "");
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send application/json in UTF-8.");
    }
    const opening = parseOrder(await readBody(request, orderLimitBytes), openingSchema);
    drivers.admit(opening.terms.driver);
    const obstacle = await deps.findObstacle(opening.terms.evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);
    if ((await deps.tariffs.findRefusal(opening.terms)) !== null) {
      const { evse, tariffId } = opening.terms;
      throw new WattproofError("TARIFF_NOT_ASSIGNED", `EVSE ${evse} does not offer tariff ${tariffId}.`);
    }

    const { sessionId, status, txHash } =
      opening.kind === "signed-terms" ? await relay.open(opening) : await orders.openFunded(opening);
    response.locals["sessionId"] = sessionId;
    response.status(status === "open" ? 201 : 202).json({ sessionId, status, txHash });
  };
}
