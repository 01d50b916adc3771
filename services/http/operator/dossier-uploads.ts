import type { RequestHandler } from "express";

import type { HttpDoor } from "../door.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { offerIdOf, type DossierSaleDeps } from "../public/dossier-sales.ts";
import { describeCommand, type Operators } from "./operators.ts";

/** What takes dossiers that are for sale. */
export interface DossierUploadDeps {
  readonly sales: DossierSaleDeps;
  readonly operators: Operators;
}

const uploadsAtOnce = 1;

/** `PUT /v1/dossiers/<offerId>/content`: the operator gives the service what it sells under an offer. */
export function createDossierUploadDoor({ sales, operators }: DossierUploadDeps): HttpDoor {
  const queue = createQueueLimit(uploadsAtOnce);
  const handler: RequestHandler = async (request, response) => {
    await operators.require(request, response, "money", "dossier-published");
    const offerId = offerIdOf(request.params["offerId"]);
    describeCommand(response, { subject: offerId, details: {} });
    await queue.run(async () => {
      const { offer } = await sales.shop.find(offerId);
      await sales.shelf.put(offerId, offer, request);
      response.status(201).json({ offerId });
    });
  };
  return { path: "/v1/dossiers/:offerId/content", method: "PUT", handler };
}
