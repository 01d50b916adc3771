/**
 * The delivery room: how something gets out of the service to people and to the operator's own programs. In come texts,
 * written by whoever knows what they say; out go a signed post or a mail. What is guaranteed is one attempt with a limit on
 * its wait; that it is made again is its caller's. Receipts (`invoices/`) and alerts (`observability/`) go out here.
 */
import { createHmac } from "node:crypto";

import { WattproofError } from "../errors.ts";

/** An answer after that is late: the post counts as not taken. */
const answerTimeoutMs = 10_000;

/** Posts JSON to an address of the operator's. */
export interface SignedPoster {
  /**
   * @param parcelId The same for every attempt, so that whoever gets it twice can tell.
   * @throws DELIVERY_NOT_TAKEN on any answer but 2xx; what `fetch` throws where there is none
   */
  post(parcelId: string, body: string): Promise<void>;
}

/**
 * The header `wattproof-signature` is `t=<seconds>,v1=<hex>`: the HMAC-SHA256 of `<seconds>.<body>` under the secret, so that
 * the receiver knows who sent it and when.
 */
export function createSignedPoster(deps: {
  readonly url: string;
  readonly secret: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
}): SignedPoster {
  const { url, secret, now, signal } = deps;
  return {
    async post(parcelId, body) {
      const seconds = Math.floor(now() / 1_000);
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "wattproof-parcel": parcelId,
          "wattproof-signature": `t=${seconds},v1=${signatureOf(secret, seconds, body)}`,
        },
        body,
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      await response.body?.cancel();
      if (!response.ok) throw new WattproofError("DELIVERY_NOT_TAKEN", `The webhook answered ${response.status}.`);
    },
  };
}

/** What a receiver computes to know that the body is the service's. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}
