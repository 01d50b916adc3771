import { setTimeout as wait } from "node:timers/promises";

import type { Chain, OracleSignature } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { DossierCommitment, DossierSignature } from "../format/dossier-schema.ts";
import { canonicalText, dossierDigestOf, signerOf } from "../format/commitment.ts";
import type { DossierMaker, DossierRequest, DossierSums } from "./dossier-maker.ts";
import type { DossierSigning } from "./write-dossier.ts";

/** Another oracle of the committee, as far as dossiers go. */
export interface DossierPeer {
  readonly address: string;
  /** @throws PEER_UNAVAILABLE, SERVICE_NOT_READY while it is still at work, DOSSIER_OTHERWISE_KNOWN */
  requestDossierSignature(
    request: DossierRequest,
    commitment: DossierCommitment,
    signal: AbortSignal,
  ): Promise<OracleSignature>;
}

/** Signs dossiers of other oracles' services, as far as this one's own records give the same. */
export interface DossierSigner {
  /** @throws SERVICE_NOT_READY while it is at work, DOSSIER_OTHERWISE_KNOWN, and what the ledger and the chain throw */
  signDossier(request: DossierRequest, commitment: DossierCommitment): Promise<OracleSignature>;
}

/** A peer's connection is answered within this time, ready or not. */
const patienceMs = 20_000;
/** Works that are remembered for those who ask again. */
const rememberedWorks = 16;

export function createDossierSigner(deps: {
  readonly maker: DossierMaker;
  readonly chain: Pick<Chain, "signDossier" | "domain">;
  /** Reads the chain up to its newest confirmed block. */
  readonly catchUp: () => Promise<void>;
}): DossierSigner {
  const { maker, chain } = deps;
  const works = new Map<string, Promise<OracleSignature>>();
  let isBusy = false;

  async function work(request: DossierRequest, stated: DossierCommitment): Promise<OracleSignature> {
    // Whoever asks may have seen a block that this service has not.
    await deps.catchUp();
    const { commitment } = await sumsOf(maker, request);
    if (canonicalText(commitment) !== canonicalText(stated)) {
      const member = (["manifest", "root", "totals", "summary"] as const).find(
        (name) => commitment[name] !== stated[name],
      );
      throw new WattproofError("DOSSIER_OTHERWISE_KNOWN", `${member ?? "something"} differs`);
    }
    return chain.signDossier(dossierDigestOf(commitment, chain.domain));
  }

  function begin(key: string, request: DossierRequest, commitment: DossierCommitment): Promise<OracleSignature> {
    // One at a time: each may read the whole ledger.
    if (isBusy) throw new WattproofError("SERVICE_NOT_READY", "Another dossier is being verified.");
    isBusy = true;
    const begun = work(request, commitment).finally(() => {
      isBusy = false;
    });
    // What failed is told to who asks next, and may be tried again after that.
    begun.catch(() => undefined);
    const oldest = works.keys().next();
    if (works.size >= rememberedWorks && oldest.done !== true) works.delete(oldest.value);
    works.set(key, begun);
    return begun;
  }

  return {
    async signDossier(request, commitment) {
      const key = canonicalText({ request, commitment });
      const begun = works.get(key) ?? begin(key, request, commitment);
      const timer = new AbortController();
      try {
        const late = wait(patienceMs, null, { signal: timer.signal }).catch(() => null);
        const signature = await Promise.race([begun, late]);
        if (signature === null) throw new WattproofError("SERVICE_NOT_READY", "The records are being verified.");
        return signature;
      } catch (error) {
        const isAtWork = error instanceof WattproofError && error.code === "SERVICE_NOT_READY";
        if (!isAtWork) works.delete(key);
        throw error;
      } finally {
        timer.abort();
      }
    },
  };
}

/** What a dossier comes to, without keeping any of it. */
async function sumsOf(maker: DossierMaker, request: DossierRequest): Promise<DossierSums> {
  const months = maker.makeMonths(request, await maker.readManifest(request));
  for (;;) {
    const next = await months.next();
    if (next.done === true) return next.value;
  }
}

/** Between two questions to an oracle that is still at work. */
const retryMs = 2_000;
/** How long an oracle may verify a dossier. */
const longestWaitMs = 3_600_000;

/**
 * Has this oracle and as many others as the committee asks for sign. Too few that do is no error: the dossier says who
 * signed it, and a verifier counts.
 */
export function createDossierSigning(deps: {
  readonly chain: Pick<Chain, "signDossier" | "domain" | "readCommittee" | "oracle">;
  readonly peers: readonly DossierPeer[];
  readonly desk: OperatorDesk;
  readonly signal: AbortSignal;
}): DossierSigning {
  const { chain, peers, desk, signal } = deps;

  async function ask(
    peer: DossierPeer,
    request: DossierRequest,
    commitment: DossierCommitment,
    digest: string,
  ): Promise<DossierSignature | null> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)]);
    for (;;) {
      try {
        const { r, vs } = await peer.requestDossierSignature(request, commitment, until);
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

  return async (request, commitment) => {
    const digest = dossierDigestOf(commitment, chain.domain);
    const { members, threshold } = await chain.readCommittee();
    const own = chain.signDossier(digest);
    const others = peers.filter(({ address }) => members.includes(address));
    if (threshold <= 1 || others.length === 0) return [own];
    const answers = await Promise.all(others.map((peer) => ask(peer, request, commitment, digest)));
    return [own, ...answers.filter((answer) => answer !== null)];
  };
}
