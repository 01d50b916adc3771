import { join } from "node:path";

import { createEvidenceMarket, type EvidenceMarket } from "../chain/evidence-market.ts";
import { signerOfKey } from "../chain/digest-signer.ts";
import { createMarketHistory } from "../chain/market-history.ts";
import { addressOfKey, openOracleWallet } from "../chain/oracle-wallet.ts";
import { createSaleSender, type SaleSender } from "../chain/sale-sender.ts";
import { feeLimitsOf } from "../config/spending-settings.ts";
import { createDossierMaker, type DossierMaker } from "../dossier/make/dossier-maker.ts";
import { createDossierSigner, createDossierSigning, type DossierSigner } from "../dossier/make/sign-dossiers.ts";
import type { DossierSigning } from "../dossier/make/write-dossier.ts";
import { createDossierShelf, type DossierShelf } from "../dossier/market/dossier-shelf.ts";
import { createEvidenceDesk, type EvidenceDesk } from "../dossier/overview/evidence-desk.ts";
import { readEvidenceOverview, type EvidenceOverview } from "../dossier/overview/evidence-overview.ts";
import { createStatementJudge } from "../dossier/market/judge-statement.ts";
import { createStatementSigner, type StatementSigner } from "../dossier/market/sign-statements.ts";
import { createDossierShop, type DossierShop } from "../dossier/market/sell-dossier.ts";
import { WattproofError } from "../errors.ts";
import { createHttpDossierPeer } from "../settlement/quorum/http-dossier-peer.ts";
import { createHttpStatementPeer } from "../settlement/quorum/http-statement-peer.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation, ServiceOptions } from "./foundation.ts";
import type { Settlement } from "./settlement.ts";

/** What makes dossiers, what verifies those of other oracles' services, and what brings them to the market. */
export interface Dossiers {
  readonly shop: DossierShop;
  readonly shelf: DossierShelf;
  readonly maker: DossierMaker;
  /** The block at which drivers' consents are looked at now. */
  readConsentBlock(): Promise<number>;
  readonly sign: DossierSigning;
  readonly signer: DossierSigner;
  readonly market: EvidenceMarket;
  readonly statementSigner: StatementSigner;
  readonly evidence: EvidenceDesk<EvidenceOverview>;
}

/** @throws CONFIGURATION_INVALID if the seller's account has other work */
export async function wireDossiers(
  foundation: Foundation,
  evidence: Evidence,
  { follower }: Settlement,
  {
    connectDossierPeer = createHttpDossierPeer,
    connectStatementPeer = createHttpStatementPeer,
  }: Pick<ServiceOptions, "connectDossierPeer" | "connectStatementPeer">,
): Promise<Dossiers> {
  const { config, chain, desk, signal } = foundation;
  const market = createEvidenceMarket(foundation);
  const maker = createDossierMaker({ ...foundation, ...evidence, market });
  const peers = config.quorumPeers.map((peer) => connectDossierPeer(peer, chain.oracle));
  const catchUp = (): Promise<void> => follower.follow(signal);
  const statementSigner = createStatementSigner({
    ...{ chain, desk, signal, catchUp },
    judge: createStatementJudge({ maker, chain, market }),
    peers: config.quorumPeers.map((peer) => connectStatementPeer(peer, chain.oracle)),
  });
  const reading = { maker, market, history: createMarketHistory(foundation) };
  return {
    maker,
    evidence: createEvidenceDesk({
      workOut: (operator) => readEvidenceOverview(reading, operator),
      now: foundation.now,
    }),
    // The newest block that no reorganisation takes back.
    readConsentBlock: async () => Math.max(0, (await chain.readHead()).number + 1 - foundation.confirmations),
    sign: createDossierSigning({ chain, peers, desk, signal }),
    signer: createDossierSigner({ maker, chain, catchUp }),
    market,
    statementSigner,
    shop: createDossierShop({ market, statementSigner, sender: await openSaleSender(foundation) }),
    shelf: createDossierShelf(join(config.dataPath, "dossiers"), chain),
  };
}

async function openSaleSender({ config, chain, rpc, deployment, signal }: Foundation): Promise<SaleSender | null> {
  const { sellerKey } = config.market;
  if (sellerKey === null) return null;
  const wallet = signerOfKey(await openOracleWallet({ kind: "private-key", privateKey: sellerKey }, "seller"));
  if ([chain.oracle, addressOfKey(config.relayerKey)].includes(wallet.address)) {
    throw new WattproofError(
      "CONFIGURATION_INVALID",
      "The seller's account must be neither the oracle's nor the relayer's.",
    );
  }
  return createSaleSender({
    rpc,
    deployment,
    wallet,
    signal,
    limits: feeLimitsOf(config.spending, deployment.chainId),
  });
}
