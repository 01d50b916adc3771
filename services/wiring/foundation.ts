import type { Chain } from "../chain/chain.ts";
import { requireInstructions } from "../chain/chain-abilities.ts";
import { readContractInterfaces, type ContractInterfaces } from "../chain/contracts.ts";
import { readDeployment, type Deployment } from "../chain/deployment.ts";
import { createEthereumChain } from "../chain/ethereum-chain.ts";
import { openSigner } from "../chain/open-signer.ts";
import { createHttpRpc, withChainCheck, type Rpc } from "../chain/rpc.ts";
import type { ServiceConfig } from "../config/config.ts";
import { chainPresetOf } from "../domain/chain-presets.ts";
import type { PeerConfig } from "../config/quorum-settings.ts";
import type { DossierPeer } from "../dossier/make/sign-dossiers.ts";
import type { StatementPeer } from "../dossier/market/sign-statements.ts";
import type { ChargeStopper } from "../http/driver/stop-charging.ts";
import { createEntrance, type Entrance } from "../http/entrance/entrance.ts";
import { pageSettingsOf, type PageSettings } from "../http/public/page-configuration.ts";
import { readSites, siteIdOf, type Site } from "../http/public/sites.ts";
import type { AlertNotices } from "../observability/alert-notices.ts";
import { createAges, type Ages } from "../observability/ages.ts";
import { withAlertMemory, type RememberingDesk } from "../observability/alert-memory.ts";
import { createLogger, type Logger } from "../observability/logger.ts";
import { createMetrics, type Metrics } from "../observability/metrics.ts";
import { createSteadyClock } from "../observability/steady-clock.ts";
import { createOperatorDesk } from "../observability/operator-desk.ts";
import { openReplica, type Replica } from "../replicas/replica.ts";
import { createDeploymentGate, type DeploymentGate } from "../settlement/deployment-gate.ts";
import type { QuorumPeer } from "../settlement/quorum/peer.ts";
import { wireAlertNotices } from "./alerts.ts";
import { openLedger } from "./open-ledger.ts";
import { replicaIdOf, replicaNameOf } from "../replicas/replica-id.ts";
import { readVersion } from "../version.ts";
import type { Store } from "../store/store.ts";

/** What a caller may put in place of the real thing. */
export interface ServiceOptions {
  /** Milliseconds since 1970; by default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds since whenever, for waiting; by default a clock that never steps, or `now` where that is given. */
  readonly elapsedMs?: () => number;
  readonly log?: Logger;
  readonly openStore?: (folder: string) => Store;
  /** Names this process among the replicas on its ledger; by default see `replicaIdOf`. */
  readonly replicaId?: string;
  /** Has chargers stop for their drivers; by default those that are connected over OCPP are told. */
  readonly stopper?: ChargeStopper;
  readonly connectPeer?: (peer: PeerConfig, ownAddress: string, timeoutMs: number) => QuorumPeer;
  readonly connectDossierPeer?: (peer: PeerConfig, ownAddress: string) => DossierPeer;
  readonly connectStatementPeer?: (peer: PeerConfig, ownAddress: string) => StatementPeer;
  readonly connectChain?: (config: ServiceConfig, deployment: Deployment, signal: AbortSignal) => Promise<Chain>;
}

/** What everything else stands on: clocks, log, alerts, the chain, the ledger and the common part of all doors. */
export interface Foundation {
  readonly config: ServiceConfig;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
  readonly pageSettings: PageSettings;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  /** For waits whose end is kept in the ledger. */
  readonly steadyNow: () => number;
  readonly ages: Ages;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly desk: RememberingDesk;
  /** Tells of the desk's alerts. */
  readonly notices: AlertNotices;
  readonly entrance: Entrance;
  readonly chain: Chain;
  /** The same endpoint, for what is asked beside the settlement. */
  readonly rpc: Rpc;
  readonly gate: DeploymentGate;
  readonly confirmations: number;
  readonly store: Store;
  /** As the operator's file describes them. */
  readonly sites: readonly Site[];
  /** This process among those that share the ledger. */
  readonly replica: Replica;
  /** Ends every wait of the service. */
  readonly signal: AbortSignal;
  /** Closes the ledger, which nothing may use any more. */
  closeLedger(): Promise<void>;
}

/**
 * Connects the chain and opens the ledger, in this order: a wrong configuration is told before any file is touched.
 * @throws CONFIGURATION_INVALID, DEPLOYMENT_INVALID, CHAIN_MISMATCH, CHAIN_UNSUITABLE, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_MISSING,
 * STORE_FOREIGN, STORE_OF_OLDER_CONTRACTS
 */
export async function openFoundation(
  config: ServiceConfig,
  options: ServiceOptions,
  signal: AbortSignal,
): Promise<Foundation> {
  const now = options.now ?? Date.now;
  const elapsedMs = options.elapsedMs ?? options.now ?? (() => performance.now());
  const log = options.log ?? createLogger(config.logLevel);
  const deployment = readDeployment(config.deploymentPath);
  const sites = readSites(config.sitesPath);
  const { chainId } = deployment;
  const chain = await (options.connectChain ?? connectEthereumChain)(config, deployment, signal);
  const pageSettings = pageSettingsOf(config, deployment, chain.oracle);
  const rpc = connectRpc(config, deployment, signal);
  const gate = createDeploymentGate(chain, () => requireInstructions(rpc));
  await gate.tryOpen();

  const metrics = createMetrics();
  const notices = wireAlertNotices(config, { desk: createOperatorDesk({ log, metrics }), now, signal });
  const desk = withAlertMemory(notices.desk, now);
  const ledger = await openLedger(config, {
    ...(options.openStore === undefined ? {} : { openStore: options.openStore }),
    owner: { chainId, settlement: deployment.contracts.chargingSettlement, oracle: chain.oracle },
    ...{ desk, elapsedMs, signal },
  });
  const { replicaId = replicaIdOf(config) } = options;
  const sharing = { store: ledger.store, replicaId, version: readVersion(), leaseMs: config.replicaLeaseMs, desk, now };
  const onLedger = async () => {
    await ledger.store.putSites(
      sites.map((site) => ({ site: siteIdOf(site), evses: site.evses.map(({ evse }) => evse) })),
    );
    await notices.keepIn(ledger.store, replicaNameOf(config));
    return {
      replica: await openReplica(sharing),
      steadyNow: createSteadyClock({ now, elapsedMs, markMs: await ledger.store.readSteadyMark() }),
    };
  };
  const { replica, steadyNow } = await onLedger().catch(async (error: unknown) => {
    await ledger.close();
    throw error;
  });
  return {
    ...{ replica, steadyNow, notices },
    ...{ config, deployment, sites, pageSettings, now, elapsedMs, log, metrics, desk, chain, gate, signal },
    interfaces: readContractInterfaces(),
    ages: createAges({ now, elapsedMs }),
    entrance: createEntrance({ config: config.entrance, desk, metrics, elapsedMs }),
    rpc,
    confirmations: config.confirmations ?? chainPresetOf(chainId).confirmations,
    store: ledger.store,
    closeLedger: () => ledger.close(),
  };
}

/** The chain of a deployment behind the configured endpoint. */
export async function connectEthereumChain(
  config: ServiceConfig,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Chain> {
  const wallet = await openSigner(config.oracleKey, "oracle", config.signing, signal);
  const rpc = connectRpc(config, deployment, signal);
  return createEthereumChain({ rpc, deployment, interfaces: readContractInterfaces(), wallet });
}

function connectRpc(config: ServiceConfig, { chainId }: Deployment, signal: AbortSignal): Rpc {
  return withChainCheck(createHttpRpc(config.rpcUrl, config.rpcTimeoutMs, signal), chainId);
}
