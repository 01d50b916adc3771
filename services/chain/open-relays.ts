import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { createDriverOrders, type DriverOrders } from "./driver-orders.ts";
import { createOpeningRelay, type OpeningRelay } from "./opening-relay.ts";
import { openOracleWallet } from "./oracle-wallet.ts";
import { createRelayAccount } from "./relay-account.ts";
import type { Rpc } from "./rpc.ts";
import { createVehicleOpenings, type VehicleOpenings } from "./vehicle-openings.ts";
import type { ServiceConfig } from "../config.ts";
import { WattproofError } from "../errors.ts";

/** What the service sends to the chain for others. */
export interface Relays {
  /** What drivers have signed; `null`: nothing. */
  readonly openings: OpeningRelay | null;
  /** The same for openings that are paid out of the wallet, and for other orders. */
  readonly orders: DriverOrders | null;
  /** What keys of fleets sign; `null`: none is held here. */
  readonly vehicles: VehicleOpenings | null;
}

const gweiInWei = 1_000_000_000n;
/** Two slots of Ethereum; the page looks at the chain itself after that. */
const relayWaitMs = 25_000;

/** @throws CONFIGURATION_INVALID if oracle and relayer are one account: their transactions would take each other's nonces */
export async function openRelays(
  config: ServiceConfig,
  deployment: Deployment,
  interfaces: ContractInterfaces,
  rpc: Rpc,
  oracle: string,
  signal: AbortSignal,
): Promise<Relays> {
  if (config.relayerKey === null) return { openings: null, orders: null, vehicles: null };
  const wallet = await openOracleWallet({ kind: "private-key", privateKey: config.relayerKey }, "relayer");
  if (wallet.address === oracle) {
    throw new WattproofError("CONFIGURATION_INVALID", "The relayer's account must not be the oracle's.");
  }
  const account = createRelayAccount({
    rpc,
    chainId: deployment.chainId,
    wallet,
    feeLimitWei: BigInt(config.feeLimitGwei) * gweiInWei,
    waitMs: relayWaitMs,
    signal,
  });
  const { settlement, vehicleConsents: consents } = interfaces;
  const shared = { rpc, deployment, account, queueLimit: config.queueLimit, signal };
  const openings = createOpeningRelay({ ...shared, settlement });
  const orders = createDriverOrders({ ...shared, interfaces });
  const fleets = await Promise.all(config.fleets.keys.map((key) => openOracleWallet(key, "fleet")));
  if (fleets.length === 0) return { openings, orders, vehicles: null };
  const { blockRange } = config;
  const vehicles = createVehicleOpenings({ rpc, deployment, settlement, consents, account, fleets, blockRange });
  return { openings, orders, vehicles };
}
