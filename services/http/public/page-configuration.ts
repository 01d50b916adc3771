import type { RequestHandler } from "express";

import type { Deployment } from "../../chain/deployment.ts";
import type { ServiceConfig } from "../../config/config.ts";
import { WattproofError } from "../../errors.ts";

/** The one chain on which a key that everybody knows can do no harm. */
const demoChainId = 31_337;

/** What the page has to know; `services/web/page/configuration.ts` reads it. */
export interface PageSettings {
  readonly chainId: number;
  readonly chainName: string;
  readonly walletRpcUrl: string | null;
  readonly blockNumber: number;
  readonly contracts: Deployment["contracts"];
  readonly hasChainProxy: boolean;
  readonly hasRelay: boolean;
  readonly hasReceiptMail: boolean;
  /** Accounts of passkeys; `null`: the service brings nothing for them. `origin` is `null` for localhost. */
  readonly passkeys: { readonly accounts: string; readonly origin: string | null } | null;
  /** The oracle account of the service, which drivers name when they let it give records out. */
  readonly service: string;
  /** `null`: the deployment has no market of evidence. */
  readonly evidence: { readonly dataConsents: string; readonly evidenceSales: string } | null;
  /** Under which sessions open; `null`: the page takes the newest that binds on the chain. */
  readonly partnerAgreement: number | null;
  readonly developmentWallet: { readonly privateKey: string; readonly rpcUrl: string } | null;
}

/** @throws CONFIGURATION_INVALID for a development wallet on any chain but that of the demo */
export function pageSettingsOf(config: ServiceConfig, deployment: Deployment, oracle: string): PageSettings {
  const { developmentWalletKey, walletRpcUrl } = config;
  const accounts = deployment.ways?.passkeyAccounts;
  const { dataConsents, evidenceSales } = deployment.evidence ?? {};
  if (developmentWalletKey !== null && (deployment.chainId !== demoChainId || walletRpcUrl === null)) {
    throw new WattproofError(
      "CONFIGURATION_INVALID",
      `A development wallet is for chain ${demoChainId} alone, and needs WATTPROOF_WALLET_RPC_URL.`,
    );
  }
  return {
    chainId: deployment.chainId,
    chainName: config.chainName ?? `Chain ${deployment.chainId}`,
    walletRpcUrl,
    blockNumber: deployment.blockNumber,
    contracts: deployment.contracts,
    hasChainProxy: config.hasPageRpc,
    hasRelay: config.relayerKey !== null,
    hasReceiptMail: config.receipts.mail !== null,
    passkeys: accounts === undefined || config.relayerKey === null ? null : { accounts, origin: config.pageOrigin },
    service: oracle,
    evidence: dataConsents === undefined || evidenceSales === undefined ? null : { dataConsents, evidenceSales },
    // Under another one no charger would start.
    partnerAgreement: config.partnerAgreement ?? config.servedAgreement,
    developmentWallet:
      developmentWalletKey === null || walletRpcUrl === null
        ? null
        : { privateKey: developmentWalletKey, rpcUrl: walletRpcUrl },
  };
}

/** `GET /configuration.json`. */
export function showPageSettings(settings: PageSettings): RequestHandler {
  return (_request, response) => {
    response.set("cache-control", "no-cache");
    response.json(settings);
  };
}
