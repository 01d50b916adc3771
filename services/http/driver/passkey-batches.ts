import type { Request, RequestHandler } from "express";
import { z } from "zod";

import type { PasskeyBatches } from "../../chain/passkey-batches.ts";
import type { ScreenCodeDesk } from "../../charging/screen-codes/screen-code-desk.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import { createClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createRateLimit } from "../entrance/limits.ts";
import { viewKeySha256 } from "./openings.ts";
import { nameCall } from "./relayed-calls.ts";
import { address, uint } from "./signed-orders.ts";

/** Ten calls with terms and consents have less than 12 kB. */
const limitBytes = 16_384;
const mostCalls = 10;
/** As with openings. */
const driverShare = 10;

const word = z.string().regex(/^0x[0-9a-f]{64}$/);
const bytes = (most: number): z.ZodString => z.string().regex(new RegExp(`^0x(?:[0-9a-f]{2}){0,${most}}$`));

/** What `POST /v1/passkey-batches` takes. */
export const passkeyBatchSchema = z.strictObject({
  point: z.strictObject({ x: word, y: word }),
  recovery: address,
  batch: z.strictObject({
    calls: z
      .array(
        z.strictObject({
          target: address,
          value: z
            .string()
            .regex(/^(?:0|[1-9][0-9]{0,76})$/)
            .transform(BigInt),
          callData: bytes(4_096),
        }),
      )
      .min(1)
      .max(mostCalls),
    nonce: uint(32),
    deadline: uint(40),
  }),
  assertion: z.strictObject({
    authenticatorData: bytes(1_024),
    clientDataJson: z.string().max(2_048),
    r: word,
    s: word,
  }),
  viewKeySha256,
});

/** `POST /v1/passkey-batches`: brings what a passkey has signed to the chain, and creates its account where it is missing. */
export function createPasskeyBatchesHandler(deps: {
  readonly passkeys: PasskeyBatches | null;
  /** Of the page; `null`: this service's own port under the name localhost. */
  readonly pageOrigin: string | null;
  readonly store: Pick<Store, "putFirstViewKey">;
  /** The limit of openings, counted on its own. */
  readonly openingsPerMinute: number;
  readonly entrance: Entrance;
  /** As with openings. */
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly screenCodes: Pick<ScreenCodeDesk, "announcePayment">;
  readonly now: () => number;
}): RequestHandler {
  const { passkeys, now, openingsPerMinute } = deps;
  const clients = createClientLimit(deps.entrance, now, "passkey-batches", openingsPerMinute);
  const drivers = createRateLimit(openingsPerMinute / 60 / driverShare, now, "CLIENT_RATE_EXCEEDED");

  async function requireServed(opening: SessionTerms): Promise<void> {
    const obstacle = await deps.findObstacle(opening.evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);
    const unserved = await deps.findUnserved(opening);
    if (unserved !== null) throw new WattproofError("EVSE_NOT_SERVED", unserved);
    if ((await deps.tariffs.findRefusal(opening)) !== null) {
      const { evse, tariffId } = opening;
      throw new WattproofError("TARIFF_NOT_ASSIGNED", `EVSE ${evse} does not offer tariff ${tariffId}.`);
    }
  }

  return async (request, response) => {
    if (passkeys === null)
      throw new WattproofError("RELAY_NOT_CONFIGURED", "This service brings nothing for passkeys.");
    clients.admit(request);
    const client = deps.entrance.clients.clientOf(request).key;
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send application/json in UTF-8.");
    }
    const { viewKeySha256: keySha256, ...signed } = parseBody(await readBody(request, limitBytes), passkeyBatchSchema);
    const checked = await passkeys.check(signed, deps.pageOrigin ?? localOriginOf(request));
    if (checked.opening !== null) await requireServed(checked.opening);

    const admit = async (sessionId: string | null): Promise<void> => {
      drivers.admit(checked.account);
      if (checked.opening !== null) deps.screenCodes.announcePayment(checked.opening.evse);
      // As with openings: nobody but the driver had the assertion before it was sent.
      if (sessionId !== null && keySha256 !== undefined) {
        await deps.store.putFirstViewKey({ sessionId, keySha256, atMs: now() });
      }
    };
    const { account, status, txHash, callId, sessionId } = await passkeys.bring(checked, { client, admit });
    if (sessionId !== null) response.locals["sessionId"] = sessionId;
    nameCall(response, callId);
    response
      .status(status === "done" ? 200 : 202)
      .json({ account, status, txHash, ...(sessionId && { sessionId }), ...(callId && { callId }) });
  };
}

/** Browsers give passkeys to pages of this name without TLS, and to no IP address. */
function localOriginOf(request: Request): string {
  return `http://localhost:${request.socket.localPort}`;
}
