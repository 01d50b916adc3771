import { z } from "zod";

import type { DossierPeer } from "../../dossier/make/sign-dossiers.ts";
import { decodeDossierSignature, encodeDossierRequest } from "../../dossier/make/dossier-wire-format.ts";
import { WattproofError } from "../../errors.ts";
import { postToPeer, type PeerEndpoint } from "./http-peer.ts";

/** Where a service takes requests to sign dossiers. */
export const dossierSignaturesPath = "/v1/quorum/dossier-signatures";

const refusal = z.object({ error: z.object({ code: z.string() }) });
/** Longer than the other service waits before it says that it is still at work. */
const timeoutMs = 60_000;

/** Another oracle's service, asked over HTTP to verify a dossier. */
export function createHttpDossierPeer(endpoint: PeerEndpoint, ownAddress: string): DossierPeer {
  const { address } = endpoint;
  return {
    address,
    async requestDossierSignature(request, commitment, signal) {
      const body = encodeDossierRequest(request, commitment);
      try {
        const answer = await postToPeer(endpoint, ownAddress, dossierSignaturesPath, body, timeoutMs, signal);
        if (answer.status === 200) return decodeDossierSignature(answer.body);
        const code = codeOf(answer.body);
        if (code === "SERVICE_NOT_READY" || code === "DOSSIER_OTHERWISE_KNOWN") {
          throw new WattproofError(code, `The oracle ${address} says so.`);
        }
        throw new RangeError(`Status ${answer.status}, ${code ?? "without a code"}.`);
      } catch (error) {
        if (error instanceof WattproofError) throw error;
        throw new WattproofError("PEER_UNAVAILABLE", `The oracle ${address} gave no usable answer.`, { cause: error });
      }
    },
  };
}

/** The code of the catalogue that a refusal carries. */
export function codeOf(body: Uint8Array): string | undefined {
  try {
    return refusal.safeParse(JSON.parse(new TextDecoder().decode(body))).data?.error.code;
  } catch {
    // What is no JSON has no code.
    return undefined;
  }
}
