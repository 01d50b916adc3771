import type { RequestHandler } from "express";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import { isTakingRecords } from "../../domain/session.ts";
import { stopDigestOf } from "../../domain/stop-request.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../body.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import type { Cancellation, SessionCanceller } from "../../charging/cancel-session.ts";
import type { Entrance } from "../entrance/entrance.ts";
import type { Store, StoredSession } from "../../store/store.ts";

/** Has the charger of a session end it. */
export interface ChargeStopper {
  /** @returns false where the charger cannot be told. */
  stop(session: StoredSession): Promise<boolean>;
}

/** What a wallet that is a contract takes as its signature may be as long (ERC-1271). */
const mostSignatureBytes = 2_048;
const bodyLimitBytes = 8_192;
const parametersSchema = z.object({ sessionId: z.string().regex(/^0x[0-9a-f]{64}$/) });
export const stopSchema = z.strictObject({
  signature: z.string().regex(new RegExp(`^0x(?:[0-9a-fA-F]{2}){65,${mostSignatureBytes}}$`)),
});

/**
 * `POST /v1/sessions/:sessionId/stop`: the driver, by a signature, has the charger stop, or gives a session up that has not
 * begun and gets the hold back. Asking twice does no harm.
 */
export function createStopHandler(deps: {
  readonly store: Pick<Store, "findSession">;
  readonly chain: Pick<Chain, "domain" | "isSignedBy">;
  readonly stopper: ChargeStopper | null;
  readonly canceller: SessionCanceller;
  readonly entrance: Entrance;
  readonly limit: ClientLimit;
}): RequestHandler {
  return async (request, response) => {
    deps.limit.admit(request);
    const parameters = parametersSchema.safeParse(request.params);
    if (!parameters.success) throw new WattproofError("QUERY_INVALID", "sessionId: 0x and 64 lower-case digits.");
    const { sessionId } = parameters.data;
    const { signature } = parse(await readBody(request, bodyLimitBytes));
    const session = await deps.store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const digest = stopDigestOf(sessionId, deps.chain.domain.chainId);
    if (!(await deps.chain.isSignedBy(session.terms.driver, digest, signature))) {
      throw new WattproofError("STOP_UNAUTHENTICATED", "The signature is not that of the session's driver.");
    }
    const cancellation = await endCharge(deps, session, deps.entrance.clients.clientOf(request).key);
    if (cancellation !== null) {
      const { status, txHash } = cancellation;
      response.status(status === "done" ? 200 : 202).json({ sessionId, status: "cancelled", txHash });
      return;
    }
    response.status(202).json({ sessionId, status: "requested" });
  };
}

/**
 * Gives a session up that has not begun, or has its charger stop. Who may ask for it is its caller's to know.
 * @param client Whose budget a call to the chain counts in.
 * @returns `null` where the charger was told
 * @throws SESSION_CLOSED, STOP_UNSUPPORTED, and what a cancellation throws
 */
export async function endCharge(
  { canceller, stopper }: { readonly canceller: SessionCanceller; readonly stopper: ChargeStopper | null },
  session: StoredSession,
  client: string,
): Promise<Extract<Cancellation, { readonly kind: "cancelled" }> | null> {
  const cancellation = await canceller.cancel(session, client);
  if (cancellation.kind === "cancelled") return cancellation;
  if (!isTakingRecords(session.state)) {
    throw new WattproofError("SESSION_CLOSED", `The session is ${session.state.status}.`);
  }
  if (stopper === null || !(await stopper.stop(session))) {
    throw new WattproofError("STOP_UNSUPPORTED", "Stop at the charger, or unplug.");
  }
  return null;
}

function parse(body: Uint8Array): z.output<typeof stopSchema> {
  try {
    return stopSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "signature: 65 bytes or more as 0x and hexadecimal digits.", {
      cause: error,
    });
  }
}
