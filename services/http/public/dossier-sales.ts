import { pipeline } from "node:stream/promises";

import type { RequestHandler } from "express";

import type { DossierShelf } from "../../dossier/market/dossier-shelf.ts";
import type { DossierShop } from "../../dossier/market/sell-dossier.ts";
import {
  encodeHeader,
  paymentRequiredHeader,
  paymentRequiredOf,
  paymentResponseHeader,
  paymentSignatureHeader,
} from "../../dossier/market/x402.ts";
import { WattproofError } from "../../errors.ts";
import type { HttpDoor } from "../door.ts";
import type { ClientLimit } from "../entrance/client-limit.ts";
import { createQueueLimit } from "../entrance/limits.ts";

/** What sells dossiers. */
export interface DossierSaleDeps {
  readonly shop: DossierShop;
  readonly shelf: DossierShelf;
}

/** Each payment waits for a block. */
const paymentsAtOnce = 16;
const offerPattern = /^0x[0-9a-fA-F]{64}$/u;

/**
 * `GET /v1/dossiers/<offerId>`: answers 402 and what x402 asks for, or with a payment the dossier.
 * @param options.limit Each request asks the chain.
 * @param options.pageOrigin Where buyers reach the service, who cannot know of the proxy in front; `null`: nobody said.
 */
export function createDossierSaleDoor(
  { shop, shelf }: DossierSaleDeps,
  { limit, pageOrigin }: { readonly limit: ClientLimit; readonly pageOrigin: string | null },
): HttpDoor {
  const queue = createQueueLimit(paymentsAtOnce);
  const handler: RequestHandler = async (request, response) => {
    limit.admit(request);
    const offerId = offerIdOf(request.params["offerId"]);
    const forSale = await shop.find(offerId);
    const header = request.get(paymentSignatureHeader);
    const stock = header === undefined && !forSale.isOpen ? null : await shelf.open(offerId);
    if (stock === null) throw new WattproofError("OFFER_UNKNOWN", "It has ended, or this service does not have it.");
    response.set("cache-control", "no-store");
    try {
      if (header === undefined) {
        const origin = pageOrigin ?? `${request.protocol}://${request.get("host") ?? ""}`;
        const url = `${origin}${request.path}`;
        const asked = paymentRequiredOf({ ...forSale, url }, await shop.readToken());
        response.status(402).set(paymentRequiredHeader, encodeHeader(asked)).json(asked);
        return;
      }
      const { buyer, txHash } = await queue.run(() => shop.take(forSale, header));
      const network = `eip155:${(await shop.readToken()).chainId}`;
      const settled = { success: true, payer: buyer, transaction: txHash ?? "", network };
      response.status(200).set({
        [paymentResponseHeader]: encodeHeader(settled),
        "content-type": "application/json",
        "content-length": String(stock.bytes),
      });
      await pipeline(stock.content, response);
    } finally {
      stock.content.destroy();
    }
  };
  return { path: "/v1/dossiers/:offerId", method: "GET", handler, hasEffect: true };
}

/** @throws OFFER_UNKNOWN */
export function offerIdOf(given: unknown): string {
  if (typeof given === "string" && offerPattern.test(given)) return given.toLowerCase();
  throw new WattproofError("OFFER_UNKNOWN", "An offer has an id of 0x and 64 hexadecimal digits.");
}
