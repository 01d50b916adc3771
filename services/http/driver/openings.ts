import type { RequestHandler } from "express";
import { z } from "zod";

import type { DriverOrders } from "../../chain/driver-orders.ts";
import type { OpeningRelay } from "../../chain/opening-relay.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import { parseBody, readBody } from "../body.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import type { ScreenCodeDesk } from "../../charging/screen-codes/screen-code-desk.ts";
import { createRateLimit } from "../entrance/limits.ts";
import type { Store } from "../../store/store.ts";
import { nameCall } from "./relayed-calls.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import { amount, anySignature, orderLimitBytes, signature, termsSchema, uint } from "./signed-orders.ts";

/** What has so many digits is a uint256. */
const uint256Digits = 77;
/** A driver opens one session after the other. */
const driverShare = 10;

/** Who has the key with this digest sees the whole session, see `session-viewers.ts`; the driver's page makes one up. */
export const viewKeySha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional();

/** The ways in, told apart by `kind`; others are added beside these. */
export const openingOrderSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("signed-terms"), terms: termsSchema, signature: anySignature, viewKeySha256 }),
  z.strictObject({
    kind: z.literal("permit-and-terms"),
    terms: termsSchema,
    permit: z.strictObject({ value: amount(uint256Digits), deadline: uint(40), signature }),
    signature,
    viewKeySha256,
  }),
  z.strictObject({
    kind: z.literal("transfer-authorization"),
    terms: termsSchema,
    authorization: z.strictObject({ value: amount(uint256Digits), validAfter: uint(40), validBefore: uint(40) }),
    signature,
    viewKeySha256,
  }),
]);

/** `POST /v1/openings`: brings what a driver has signed to the chain, so that the driver pays no gas. */
export function createOpeningsHandler(deps: {
  readonly relay: OpeningRelay | null;
  readonly orders: DriverOrders | null;
  readonly store: Pick<Store, "putFirstViewKey">;
  readonly openingsPerMinute: number;
  readonly entrance: Entrance;
  /** Why nothing should be held for a charge at an EVSE now; `null` if nothing is known against it. */
  readonly findObstacle: (evse: number) => Promise<string | null>;
  /** Why a session on these terms would not be served here; `null` if it would. */
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly screenCodes: Pick<ScreenCodeDesk, "announcePayment">;
  readonly now: () => number;
}): RequestHandler {
  const { relay, orders, now } = deps;
  const { openingsPerMinute } = deps;
  const clients = createClientLimit(deps.entrance, now, "openings", openingsPerMinute);
  const drivers = createRateLimit(openingsPerMinute / 60 / driverShare, now, "CLIENT_RATE_EXCEEDED");

  return async (request, response) => {
    if (relay === null || orders === null) {
      throw new WattproofError("RELAY_NOT_CONFIGURED", "Send the opening from your own wallet.");
    }
    clients.admit(request);
    const client = deps.entrance.clients.clientOf(request).key;
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send application/json in UTF-8.");
    }
    const { viewKeySha256: keySha256, ...opening } = parseBody(
      await readBody(request, orderLimitBytes),
      openingOrderSchema,
    );
    const obstacle = await deps.findObstacle(opening.terms.evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);
    const unserved = await deps.findUnserved(opening.terms);
    if (unserved !== null) throw new WattproofError("EVSE_NOT_SERVED", unserved);
    if ((await deps.tariffs.findRefusal(opening.terms)) !== null) {
      const { evse, tariffId } = opening.terms;
      throw new WattproofError("TARIFF_NOT_ASSIGNED", `EVSE ${evse} does not offer tariff ${tariffId}.`);
    }

    // Before it is sure who signed, a stranger would use up what the driver may, and block the charger.
    const admit = async (sessionId: string): Promise<void> => {
      drivers.admit(opening.terms.driver);
      deps.screenCodes.announcePayment(opening.terms.evse);
      // Nobody but the driver had the signature before it was sent; from then on everybody can read it on the chain.
      if (keySha256 !== undefined) await deps.store.putFirstViewKey({ sessionId, keySha256, atMs: now() });
    };
    const asker = { client, admit };
    const { sessionId, status, txHash, callId } =
      opening.kind === "signed-terms" ? await relay.open(opening, asker) : await orders.openFunded(opening, asker);
    response.locals["sessionId"] = sessionId;
    nameCall(response, callId);
    response.status(status === "open" ? 201 : 202).json({ sessionId, status, txHash, ...(callId && { callId }) });
  };
}
