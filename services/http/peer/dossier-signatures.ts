import type { RequestHandler } from "express";

import { decodeDossierRequest, dossierRequestLimitBytes } from "../../dossier/make/dossier-wire-format.ts";
import type { DossierSigner } from "../../dossier/make/sign-dossiers.ts";
import { readBody } from "../body.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { authenticatePeer, type AdmittedPeer } from "./quorum-signatures.ts";

/** As many as a committee has oracles: who waits for a work that goes on holds a place. */
const requestsAtOnce = 16;

/** `POST /v1/quorum/dossier-signatures`: another oracle's service asks to have a dossier verified and signed. */
export function createDossierSignaturesHandler(deps: {
  readonly peers: readonly AdmittedPeer[];
  readonly dossierSigner: DossierSigner;
}): RequestHandler {
  const queue = createQueueLimit(requestsAtOnce);
  return async (request, response) => {
    const peer = authenticatePeer(request, deps.peers);
    response.locals["peer"] = peer.address;
    await queue.run(async () => {
      const asked = decodeDossierRequest(await readBody(request, dossierRequestLimitBytes));
      response.json(await deps.dossierSigner.signDossier(asked.request, asked.commitment));
    });
  };
}
