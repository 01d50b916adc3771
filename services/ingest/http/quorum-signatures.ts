import { createHash, timingSafeEqual } from "node:crypto";

import type { Request, RequestHandler } from "express";

import { WattproofError } from "../../errors.ts";
import type { ClaimSigner } from "../../settlement/quorum/sign-claims.ts";
import { decodeRequest, encodeAnswer, requestLimitBytes } from "../../settlement/quorum/wire-format.ts";
import { readBody } from "./body.ts";
import { createQueueLimit } from "./limits.ts";

/** An oracle whose service may ask, and the key that the two share. */
export interface AdmittedPeer {
  readonly address: string;
  readonly key: string;
}

const authorizationGrammar = /^Bearer ([A-Za-z0-9_-]{16,128})$/;
/** A request may carry megabytes; as many at once as a committee has oracles. */
const requestsAtOnce = 16;

/** `POST /v1/quorum/signatures`: another oracle's service asks for a signature. */
export function createSignaturesHandler(deps: {
  readonly peers: readonly AdmittedPeer[];
  readonly signer: ClaimSigner;
}): RequestHandler {
  const queueLimit = createQueueLimit(requestsAtOnce);

  return async (request, response) => {
    const peer = authenticatePeer(request, deps.peers);
    response.locals["peer"] = peer.address;
    await queueLimit.run(async () => {
      const claims = decodeRequest(await readBody(request, requestLimitBytes));
      const answer = await deps.signer.signClaims(peer.address, claims);
      response.locals["outcome"] = answer.kind;
      response.json(encodeAnswer(answer));
    });
  };
}

/** @throws PEER_UNAUTHENTICATED, always with the same words, whatever is wrong */
function authenticatePeer(request: Request, peers: readonly AdmittedPeer[]): AdmittedPeer {
  const address = (request.get("x-oracle-address") ?? "").toLowerCase();
  const key = authorizationGrammar.exec(request.get("authorization") ?? "")?.[1];
  const peer = peers.find((candidate) => candidate.address.toLowerCase() === address);

  // Digests have one length, and an unknown oracle costs the same comparison as a wrong key.
  const isEqual = timingSafeEqual(digestOf(peer?.key ?? ""), digestOf(key ?? ""));
  if (peer === undefined || key === undefined || !isEqual) {
    throw new WattproofError("PEER_UNAUTHENTICATED", "Send X-Oracle-Address and Authorization: Bearer <peer key>.");
  }
  return peer;
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
