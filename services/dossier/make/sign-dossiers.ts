import type { Chain, OracleSignature } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { DossierCommitment } from "../format/dossier-schema.ts";
import { canonicalText, dossierDigestOf } from "../format/commitment.ts";
import type { DossierMaker, DossierRequest, DossierSums } from "./dossier-maker.ts";
import { gatherSignatures } from "./gather-signatures.ts";
import { createPatientWorks } from "./patient-work.ts";
import type { DossierSigning } from "./write-dossier.ts";

/** A dossier of a year may take hours to make. */
const oldestConsentsSeconds = 86_400;

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

export function createDossierSigner(deps: {
  readonly maker: DossierMaker;
  readonly chain: Pick<Chain, "signDossier" | "domain" | "readHead" | "readBlock">;
  /** Reads the chain up to its newest confirmed block. */
  readonly catchUp: () => Promise<void>;
}): DossierSigner {
  const { maker, chain } = deps;
  const works = createPatientWorks<OracleSignature>();

  /** Consents that were revoked since are in an old block still. @throws DOSSIER_OTHERWISE_KNOWN */
  async function requireRecent(blockNumber: number): Promise<void> {
    const [head, block] = [await chain.readHead(), await chain.readBlock(blockNumber)];
    if (block !== null && head.timestamp - block.timestamp <= oldestConsentsSeconds) return;
    throw new WattproofError("DOSSIER_OTHERWISE_KNOWN", `consents of block ${blockNumber}`);
  }

  async function work(request: DossierRequest, stated: DossierCommitment): Promise<OracleSignature> {
    // Whoever asks may have seen a block that this service has not.
    await deps.catchUp();
    if (request.consent !== null) await requireRecent(request.consent.blockNumber);
    const { commitment } = await sumsOf(maker, request);
    if (canonicalText(commitment) !== canonicalText(stated)) {
      const member = (["manifest", "root", "totals", "summary"] as const).find(
        (name) => commitment[name] !== stated[name],
      );
      throw new WattproofError("DOSSIER_OTHERWISE_KNOWN", `${member ?? "something"} differs`);
    }
    return chain.signDossier(dossierDigestOf(commitment, chain.domain));
  }

  return {
    signDossier: (request, commitment) =>
      works(canonicalText({ request, commitment }), () => work(request, commitment)),
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
  const { chain, peers } = deps;
  return (request, commitment) =>
    gatherSignatures(deps, dossierDigestOf(commitment, chain.domain), peers, (peer, signal) =>
      peer.requestDossierSignature(request, commitment, signal),
    );
}
