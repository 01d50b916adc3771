import { createHash, timingSafeEqual } from "node:crypto";

import type { Request, RequestHandler } from "express";

import { WattproofError } from "../../errors.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { PeerAnswer } from "../../settlement/quorum/peer.ts";
import type { ClaimSigner } from "../../settlement/quorum/sign-claims.ts";
import type { LoweringSigner } from "../../settlement/quorum/sign-lowerings.ts";
import { decodeLowering, decodeRequest, encodeAnswer, requestLimitBytes } from "../../settlement/quorum/wire-format.ts";
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

/** Answers one question of another oracle. */
type AnswerPeer = (peerAddress: string, body: Uint8Array) => Promise<PeerAnswer>;

/** What other oracles may ask here, each within limits that count for all doors together. */
export interface QuorumDoors {
  /** `POST /v1/quorum/signatures`: another oracle's service asks for a signature of claims. */
  readonly signatures: RequestHandler;
  /** `POST /v1/quorum/lowerings`: likewise of a lower price. */
  readonly lowerings: RequestHandler;
}

export function createQuorumDoors(deps: {
  readonly peers: readonly AdmittedPeer[];
  readonly signer: ClaimSigner;
  readonly loweringSigner: LoweringSigner;
  readonly entrance: Entrance;
  readonly metrics: Metrics;
  readonly now: () => number;
}): QuorumDoors {
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

  const handlerOf =
    (answerPeer: AnswerPeer): RequestHandler =>
    async (request, response) => {
      const peer = authenticatePeer(request, deps.peers);
      response.locals["peer"] = peer.address;
      const ownLimit = queueLimits.get(peer.address) ?? queueLimit;
      await ownLimit.run(() =>
        queueLimit.run(async () => {
          const answer = await answerPeer(peer.address, await readWithinLimits(request, peer.address));
          response.locals["outcome"] = answer.kind;
          response.json(encodeAnswer(answer));
        }),
      );
    };

  return {
    signatures: handlerOf((peer, body) => deps.signer.signClaims(peer, decodeRequest(body))),
    lowerings: handlerOf((peer, body) => deps.loweringSigner.signLowering(peer, decodeLowering(body))),
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
