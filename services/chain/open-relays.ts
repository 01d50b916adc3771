import type { Ages } from "../observability/ages.ts";
import type { ServiceConfig } from "../config/config.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { RelayDeskDeps } from "../relay/create-relay-desk.ts";
import type { RelayDesk } from "../relay/relay-desk.ts";
import { feeLimitsOf, relayBudgetsOf } from "../config/spending-settings.ts";
import type { Store } from "../store/store.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { createDriverOrders, type DriverOrders } from "./driver-orders.ts";
import { createEthereumChain } from "./ethereum-chain.ts";
import { createOpeningRelay, type OpeningRelay } from "./opening-relay.ts";
import { openOracleWallet } from "./oracle-wallet.ts";
import { openSigner } from "./open-signer.ts";
import { createRelayChain } from "./relay-chain.ts";
import type { Rpc } from "./rpc.ts";
import { createPasskeyBatches, type PasskeyBatches } from "./passkey-batches.ts";
import { createSessionReleases, type SessionReleases } from "./session-releases.ts";
import { createVehicleOpenings, type VehicleOpenings } from "./vehicle-openings.ts";

/** What the service sends to the chain for others. */
export interface Relays {
  /** Sends it and knows what became of it; `null`: nothing is sent. */
  readonly desk: RelayDesk | null;
  /** What drivers have signed; `null`: nothing. */
  readonly openings: OpeningRelay | null;
  /** The same for openings that are paid out of the wallet, and for other orders. */
  readonly orders: DriverOrders | null;
  /** What passkeys have signed; `null`: nothing, or the deployment has no accounts for them. */
  readonly passkeys: PasskeyBatches | null;
  /** Sessions that their drivers give up; `null`: none. */
  readonly releases: SessionReleases | null;
  /** What keys of fleets sign; `null`: none is held here. */
  readonly vehicles: VehicleOpenings | null;
}

/** @throws CONFIGURATION_INVALID if oracle and relayer are one account: their transactions would take each other's nonces */
export async function openRelays(
  config: ServiceConfig,
  deps: {
    readonly deployment: Deployment;
    readonly interfaces: ContractInterfaces;
    readonly rpc: Rpc;
    readonly oracle: string;
    readonly store: Store;
    readonly lease: RelayDeskDeps["lease"];
    readonly desk: OperatorDesk;
    readonly metrics: Metrics;
    readonly now: () => number;
    readonly ages: Ages;
    readonly elapsedMs: () => number;
    readonly confirmations: number;
    readonly signal: AbortSignal;
    readonly createDesk: (deps: RelayDeskDeps) => RelayDesk;
  },
): Promise<Relays> {
  if (config.relayerKey === null) {
    return { desk: null, openings: null, orders: null, passkeys: null, releases: null, vehicles: null };
  }
  const { deployment, interfaces, rpc, oracle } = deps;
  const wallet = await openSigner(config.relayerKey, "relayer", config.signing, deps.signal);
  if (wallet.address === oracle) {
    throw new WattproofError("CONFIGURATION_INVALID", "The relayer's account must not be the oracle's.");
  }
  const { transactionStuckMs, queueLimit, pollIntervalMs, spending, blockRange } = config;
  const { leastHoldMicro, relayWaitMs: waitMs } = spending;
  const chain = createEthereumChain({ rpc, deployment, interfaces, wallet });
  const relayChain = createRelayChain({ rpc, chain, deployment, interfaces });
  const desk = deps.createDesk({
    ...deps,
    ...{ chain: relayChain, transactionStuckMs, queueLimit, pollIntervalMs, waitMs },
    ...relayBudgetsOf(spending, deployment.chainId),
    limits: feeLimitsOf(spending, deployment.chainId),
  });
  const { settlement, vehicleConsents: consents } = interfaces;
  const walletOpenings = deployment.ways?.walletOpenings === undefined ? null : interfaces.walletOpenings;
  const openings = createOpeningRelay({
    ...{ relayChain, settlement, consents, walletOpenings, relay: desk, leastHoldMicro },
  });
  const orders = createDriverOrders({ relayChain, interfaces, relay: desk, leastHoldMicro });
  const passkeys = createPasskeyBatches({ rpc, deployment, interfaces, relayChain, relay: desk, leastHoldMicro });
  const releases = createSessionReleases({ relayChain, relay: desk, settlement });
  const fleets = await Promise.all(config.fleets.keys.map((key) => openOracleWallet(key, "fleet")));
  if (fleets.length === 0) return { desk, openings, orders, passkeys, releases, vehicles: null };
  const vehicles = createVehicleOpenings({
    ...{ rpc, deployment, settlement, consents, relayChain, relay: desk, fleets, blockRange },
  });
  return { desk, openings, orders, passkeys, releases, vehicles };
}
