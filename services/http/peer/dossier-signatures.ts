import type { RequestHandler } from "express";

import { decodeDossierRequest, dossierRequestLimitBytes } from "../../dossier/make/dossier-wire-format.ts";
import type { DossierSigner } from "../../dossier/make/sign-dossiers.ts";
import { createPeerQueue } from "./peer-queue.ts";
import type { AdmittedPeer } from "./quorum-signatures.ts";

/** `POST /v1/quorum/dossier-signatures`: another oracle's service asks to have a dossier verified and signed. */
export function createDossierSignaturesHandler({
  peers,
  dossierSigner,
}: {
  readonly peers: readonly AdmittedPeer[];
  readonly dossierSigner: DossierSigner;
}): RequestHandler {
  return createPeerQueue(peers, dossierRequestLimitBytes, async (body) => {
    const { request, commitment } = decodeDossierRequest(body);
    return dossierSigner.signDossier(request, commitment);
  });
}
