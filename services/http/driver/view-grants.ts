import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import { viewGrantDigestOf } from "../../domain/session-view-key.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { readBody } from "../body.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { readSessionId } from "../public/sessions.ts";

export const grantSchema = z.strictObject({
  keySha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2}){1,2048}$/),
});

/**
 * `POST /v1/sessions/:sessionId/view-keys`: the driver lets whoever has a key see the whole session. For sessions that
 * were opened without the service, and for another device.
 */
export function postViewGrant(
  deps: {
    readonly store: Pick<Store, "findSession" | "putViewKey">;
    readonly chain: Pick<Chain, "domain" | "isSignedBy">;
    readonly now: () => number;
  },
  limit: ClientLimit,
): RequestHandler {
  const { store, chain, now } = deps;
  return async (request, response) => {
    limit.admit(request);
    const sessionId = readSessionId(request);
    response.locals["sessionId"] = sessionId;
    const { keySha256, signature } = readGrant(await readBody(request, bodyLimitBytes));
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const digest = viewGrantDigestOf({ sessionId, keySha256 }, chain.domain.chainId);
    if (!(await chain.isSignedBy(session.terms.driver, digest, signature))) {
      throw new WattproofError("VIEW_UNSIGNED", `The driver is ${session.terms.driver}.`);
    }
    await store.putViewKey({ sessionId, keySha256, atMs: now() });
    response.status(201).json({ sessionId });
  };
}

function readGrant(body: Uint8Array): z.output<typeof grantSchema> {
  try {
    return grantSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "keySha256: 64 digits; signature: 0x and digits.", { cause: error });
  }
}
