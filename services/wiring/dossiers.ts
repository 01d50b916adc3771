import { createDossierMaker, type DossierMaker } from "../dossier/make/dossier-maker.ts";
import { createDossierSigner, createDossierSigning, type DossierSigner } from "../dossier/make/sign-dossiers.ts";
import type { DossierSigning } from "../dossier/make/write-dossier.ts";
import { createHttpDossierPeer } from "../settlement/quorum/http-dossier-peer.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation, ServiceOptions } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

/** What makes dossiers, and what verifies those of other oracles' services. */
export interface Dossiers {
  readonly maker: DossierMaker;
  readonly sign: DossierSigning;
  readonly signer: DossierSigner;
}

export function wireDossiers(
  foundation: Foundation,
  evidence: Evidence,
  { follower }: Settlement,
  { connectDossierPeer = createHttpDossierPeer }: Pick<ServiceOptions, "connectDossierPeer">,
): Dossiers {
  const { config, chain, desk, signal } = foundation;
  const maker = createDossierMaker({ ...foundation, ...evidence });
  const peers = config.quorumPeers.map((peer) => connectDossierPeer(peer, chain.oracle));
  return {
    maker,
    sign: createDossierSigning({ chain, peers, desk, signal }),
    signer: createDossierSigner({ maker, chain, catchUp: () => follower.follow(signal) }),
  };
}
