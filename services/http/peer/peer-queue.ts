import type { RequestHandler } from "express";

import { readBody } from "../body.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { authenticatePeer, type AdmittedPeer } from "./quorum-signatures.ts";

/** As many as a committee has oracles: who waits for a work that goes on holds a place. */
const requestsAtOnce = 16;

/**
 * A door at which another oracle's service asks to have something verified and signed. Its caller is authenticated before
 * its body is read.
 * @param answer From the body to what is answered as JSON; what it throws is answered as any error.
 */
export function createPeerQueue(
  peers: readonly AdmittedPeer[],
  limitBytes: number,
  answer: (body: Uint8Array) => Promise<unknown>,
): RequestHandler {
  const queue = createQueueLimit(requestsAtOnce);
  return async (request, response) => {
    response.locals["peer"] = authenticatePeer(request, peers).address;
    await queue.run(async () => {
      response.json(await answer(await readBody(request, limitBytes)));
    });
  };
}
