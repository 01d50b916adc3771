import { createHash, timingSafeEqual } from "node:crypto";

import type { Request, RequestHandler } from "express";

import { WattproofError } from "../../errors.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { ClaimSigner } from "../../settlement/quorum/sign-claims.ts";
import { decodeRequest, encodeAnswer, requestLimitBytes } from "../../settlement/quorum/wire-format.ts";
import { readBody } from "../body.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createQueueLimit, createRateLimit } from "../entrance/limits.ts";

/** An oracle whose service may ask, and the key that the two share. */
export interface AdmittedPeer {
  readonly address: string;
  readonly key: string;
}

const authorizationGrammar = /^Bearer ([A-Za-z0-9_-]{16,128})$/;
/** A request may carry megabytes; as many at once as a committee has oracles. */
const requestsAtOnce = 16;
/** A batch, and one that is asked for again. */
const requestsAtOnceOfPeer = 4;
const secondsPerDay = 86_400;
const burstShare = 8;

/** `POST /v1/quorum/signatures`: another oracle's service asks for a signature. */
export function createSignaturesHandler(deps: {
  readonly peers: readonly AdmittedPeer[];
  readonly signer: ClaimSigner;
  readonly entrance: Entrance;
  readonly metrics: Metrics;
  readonly now: () => number;
}): RequestHandler {
  const { entrance, metrics, now } = deps;
  const { requestsPerMinute, bytesPerDay } = entrance.config.peers;
  const queueLimit = createQueueLimit(requestsAtOnce);
  const queueLimits = new Map(deps.peers.map(({ address }) => [address, createQueueLimit(requestsAtOnceOfPeer)]));
  const requests = createRateLimit(requestsPerMinute / 60, now, undefined, { burst: requestsPerMinute });
  const burst = Math.max(requestLimitBytes, bytesPerDay / burstShare);
  const bytes = createRateLimit(bytesPerDay / secondsPerDay, now, undefined, { burst });

  function refuse(peer: string, limit: string): never {
    entrance.watch.notePeerLimited(peer, limit);
    throw new WattproofError("PEER_RATE_EXCEEDED", `The limit is ${limit}.`);
  }

  /** Nothing is kept of a body before it is within the limits, and nothing is read of one that cannot be. */
  async function readWithinLimits(request: Request, peer: string): Promise<Uint8Array> {
    if (!requests.take(peer)) refuse(peer, `${requestsPerMinute} requests a minute`);
    const bytesLimit = `${bytesPerDay} bytes a day`;
    const announced = Number(request.get("content-length") ?? "1");
    if (!bytes.isLeft(peer, Math.min(announced, requestLimitBytes))) refuse(peer, bytesLimit);
    const body = await readBody(request, requestLimitBytes);
    if (!bytes.take(peer, body.length)) refuse(peer, bytesLimit);
    metrics.peerBytes.inc({ peer }, body.length);
    return body;
  }

  return async (request, response) => {
    const peer = authenticatePeer(request, deps.peers);
    response.locals["peer"] = peer.address;
    const ownLimit = queueLimits.get(peer.address) ?? queueLimit;
    await ownLimit.run(() =>
      queueLimit.run(async () => {
        const claims = decodeRequest(await readWithinLimits(request, peer.address));
        const answer = await deps.signer.signClaims(peer.address, claims);
        response.locals["outcome"] = answer.kind;
        response.json(encodeAnswer(answer));
      }),
    );
  };
}

/** @throws PEER_UNAUTHENTICATED, always with the same words, whatever is wrong */
export function authenticatePeer(request: Request, peers: readonly AdmittedPeer[]): AdmittedPeer {
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
