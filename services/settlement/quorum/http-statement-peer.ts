import { decodeDossierSignature } from "../../dossier/make/dossier-wire-format.ts";
import type { StatementPeer } from "../../dossier/market/sign-statements.ts";
import { WattproofError } from "../../errors.ts";
import { codeOf } from "./http-dossier-peer.ts";
import { postToPeer, type PeerEndpoint } from "./http-peer.ts";

/** Where a service takes requests to sign statements about dossiers. */
export const statementSignaturesPath = "/v1/quorum/statement-signatures";

/** Longer than the other service waits before it says that it is still at work. */
const timeoutMs = 60_000;

/** Another oracle's service, asked over HTTP to sign a claim, an offer, a round, or the like. */
export function createHttpStatementPeer(endpoint: PeerEndpoint, ownAddress: string): StatementPeer {
  const { address } = endpoint;
  return {
    address,
    async requestStatementSignature(asked, signal) {
      try {
        const body = JSON.stringify(asked);
        const answer = await postToPeer(endpoint, ownAddress, statementSignaturesPath, body, timeoutMs, signal);
        if (answer.status === 200) return decodeDossierSignature(answer.body);
        const code = codeOf(answer.body);
        if (code === "SERVICE_NOT_READY") throw new WattproofError(code, `The oracle ${address} says so.`);
        throw new RangeError(`Status ${answer.status}, ${code ?? "without a code"}.`);
      } catch (error) {
        if (error instanceof WattproofError) throw error;
        throw new WattproofError("PEER_UNAVAILABLE", `The oracle ${address} gave no usable answer.`, { cause: error });
      }
    },
  };
}
