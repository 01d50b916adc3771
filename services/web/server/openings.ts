import type { RequestHandler } from "express";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import type { OpeningRelay } from "../../chain/opening-relay.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../../ingest/http/body.ts";
import { createRateLimit } from "../../ingest/http/limits.ts";

/** Terms and a signature have less than 1 kB. */
const bodyLimitBytes = 4_096;

const address = z.string().refine(isAddress).transform(getAddress);
const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);
const termsSchema = z.strictObject({
  driver: address,
  lane: uint(32),
  nonce: uint(32),
  operator: address,
  agreement: uint(32),
  evse: uint(32),
  meter: uint(32),
  maximumPowerW: uint(24),
  tariffId: z.string().regex(/^0x[0-9a-f]{64}$/),
  holdMicro: z
    .string()
    .regex(/^[1-9][0-9]{0,18}$/)
    .transform(BigInt),
  expiresAt: uint(40),
});

/** The ways in, told apart by `kind`; others are added beside this one. */
const openingSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("signed-terms"),
    terms: termsSchema,
    signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/),
  }),
]);

/** `POST /v1/openings`: brings a driver's signed terms to the chain, so that the driver pays no gas. */
export function createOpeningsHandler(deps: {
  readonly relay: OpeningRelay | null;
  readonly openingsPerMinute: number;
  /** Why nothing should be held for a charge at an EVSE now; `null` if nothing is known against it. */
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly now: () => number;
}): RequestHandler {
  const { relay, now } = deps;
  const perSecond = deps.openingsPerMinute / 60;
  const clients = createRateLimit(perSecond, now, "CLIENT_RATE_EXCEEDED");
  const drivers = createRateLimit(perSecond / 10, now, "CLIENT_RATE_EXCEEDED");

  return async (request, response) => {
    if (relay === null) throw new WattproofError("RELAY_NOT_CONFIGURED", "Send the opening from your own wallet.");
    clients.admit(request.socket.remoteAddress ?? "");
    if (!/^application\/json\b/i.test(request.get("content-type") ?? "")) {
      throw new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send application/json in UTF-8.");
    }
    const opening = parse(await readBody(request, bodyLimitBytes));
    drivers.admit(opening.terms.driver);
    const obstacle = await deps.findObstacle(opening.terms.evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);

    const { sessionId, status, txHash } = await relay.open(opening);
    response.locals["sessionId"] = sessionId;
    response.status(status === "open" ? 201 : 202).json({ sessionId, status, txHash });
  };
}

function parse(body: Uint8Array): z.output<typeof openingSchema> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "The body is not JSON in UTF-8.", { cause: error });
  }
  const parsed = openingSchema.safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.code}`);
    throw new WattproofError("ENVELOPE_INVALID", problems.join("; ").slice(0, 300));
  }
  return parsed.data;
}
