import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import { consentDigestOf } from "../../domain/unsigned-consent.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { readSessionId } from "../public/sessions.ts";

/** What consents of drivers need. */
export interface ConsentDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "domain" | "isSignedBy">;
  readonly now: () => number;
  /** Decides again about a session that was held. */
  readonly reconsider: (sessionId: string) => Promise<void>;
}

const greatestCapMicro = 2n ** 64n - 1n;
export const consentSchema = z.strictObject({
  capMicro: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,19})$/)
    .transform(BigInt)
    .refine((cap) => cap <= greatestCapMicro),
  signature: z
    .string()
    .regex(/^0x([0-9a-fA-F]{2}){1,2048}$/)
    .transform((text) => text.toLowerCase()),
});

/**
 * `PUT /v1/sessions/:sessionId/unsigned-energy-consent`: the driver agrees to pay for energy that no meter has signed, up
 * to a cap. The greatest cap that was ever signed stands, so that nobody can take it back by repeating an older one.
 */
export function putConsent(deps: ConsentDeps, limit: ClientLimit): RequestHandler {
  const { store, chain } = deps;
  return async (request, response) => {
    // A signature of a contract costs a question to the chain.
    limit.admit(request);
    const sessionId = readSessionId(request);
    response.locals["sessionId"] = sessionId;
    const { capMicro, signature } = parseBody(
      await readBody(request, bodyLimitBytes),
      consentSchema,
      "CONSENT_INVALID",
    );
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    if (session.state.closing !== null) throw new WattproofError("SESSION_CLOSED", `It is ${session.state.status}.`);
    const digest = consentDigestOf({ sessionId, capMicro }, chain.domain);
    if (!(await chain.isSignedBy(session.terms.driver, digest, signature))) {
      throw new WattproofError("CONSENT_UNSIGNED", `The driver is ${session.terms.driver}.`);
    }
    const standing = await store.putConsent({ sessionId, capMicro, signature }, deps.now());
    await deps.reconsider(sessionId);
    response.json({ sessionId, capMicro: standing.capMicro.toString() });
  };
}
