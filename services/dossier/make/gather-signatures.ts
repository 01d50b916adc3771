import { setTimeout as wait } from "node:timers/promises";

import type { Chain } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { DossierSignature } from "../format/dossier-schema.ts";
import { signerOf } from "../format/commitment.ts";

/** Between two questions to an oracle that is still at work. */
const retryMs = 2_000;
/** How long an oracle may verify a dossier. */
const longestWaitMs = 3_600_000;

/** Signs with this oracle's key, and asks the others of the committee. */
export interface GatheringDeps {
  readonly chain: Pick<Chain, "signDossier" | "readCommittee">;
  readonly desk: OperatorDesk;
  readonly signal: AbortSignal;
}

/**
 * The signatures of a digest by this oracle and all others that give one. One that is still at work is asked again.
 * @param request Asks one of the others; SERVICE_NOT_READY while it is at work
 */
export async function gatherSignatures<Peer extends { readonly address: string }>(
  { chain, desk, signal }: GatheringDeps,
  digest: string,
  peers: readonly Peer[],
  request: (peer: Peer, signal: AbortSignal) => Promise<Pick<DossierSignature, "r" | "vs">>,
): Promise<readonly DossierSignature[]> {
  async function ask(peer: Peer): Promise<DossierSignature | null> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)]);
    for (;;) {
      try {
        const { r, vs } = await request(peer, until);
        if (signerOf(digest, r, vs) === peer.address.toLowerCase()) return { signer: peer.address, r, vs };
        desk.alert("quorum-peer-wrong", { peer: peer.address });
        return null;
      } catch (error) {
        const isAtWork = error instanceof WattproofError && error.code === "SERVICE_NOT_READY";
        if (!isAtWork || until.aborted) {
          desk.note("quorum-peer-silent", { peer: peer.address, err: error });
          return null;
        }
        await wait(retryMs, undefined, { signal: until }).catch(() => undefined);
      }
    }
  }

  const { members, threshold } = await chain.readCommittee();
  const own = await chain.signDossier(digest);
  const others = peers.filter(({ address }) => members.includes(address));
  if (threshold <= 1 || others.length === 0) return [own];
  const answers = await Promise.all(others.map(ask));
  return [own, ...answers.filter((answer) => answer !== null)];
}
