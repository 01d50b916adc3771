import { createHash } from "node:crypto";
import { join } from "node:path";

import { parseConfiguration } from "../../services/config/config.ts";
import type { PeerConfig } from "../../services/config/quorum-settings.ts";
import { startService, type Service } from "../../services/index.ts";
import { createHttpDossierPeer } from "../../services/settlement/quorum/http-dossier-peer.ts";
import { createHttpStatementPeer } from "../../services/settlement/quorum/http-statement-peer.ts";
import { createHttpPeer } from "../../services/settlement/quorum/http-peer.ts";
import type { QuorumPeer } from "../../services/settlement/quorum/peer.ts";
import type { Closers } from "../command-line/closing.ts";
import type { ChainClock } from "../local-world/clock.ts";
import type { DataFolder } from "../local-world/data-folder.ts";
import { demoOperatorKey, pageDriver, pageRelayer } from "./page.ts";
import { createTransactor } from "../local-world/transactor.ts";
import type { World } from "../local-world/world.ts";

/** The oracles of the demo; two of them must sign. The first one's service takes the records. */
export const demoOracles = ["oracle", "second oracle", "third oracle"] as const;

/** The other services only answer; they read the chain when they are asked. */
const peerPollMs = "60000";
const pollMs = "200";
const quorumTimeoutMs = "20000";

/**
 * Starts a service for each oracle, all in this process, each with its own store; they speak to each other over HTTP.
 *
 * @param closers Filled as they start.
 * @returns The first one.
 */
export async function startCommittee(
  options: {
    readonly folder: DataFolder;
    readonly world: World;
    readonly clock: ChainClock;
    readonly port: number;
    /** Where the first service listens. */
    readonly host: string;
    readonly acceptsUnbound: boolean;
  },
  closers: Closers,
): Promise<Service> {
  const { folder, world, clock, port, host, acceptsUnbound } = options;
  const urls = new Map<string, string>();
  const placed = (peer: PeerConfig): PeerConfig => ({ ...peer, url: urls.get(peer.address) ?? peer.url });
  const start = async (index: number): Promise<Service> => {
    const { address, privateKey } = memberOf(world, index);
    const service = await startService(
      parseConfiguration({
        WATTPROOF_RPC_URL: world.rpcUrl,
        WATTPROOF_DEPLOYMENT: folder.deploymentPath,
        WATTPROOF_DATA: index === 0 ? folder.servicePath : join(folder.path, `service-${index + 1}`),
        WATTPROOF_INIT: "1",
        WATTPROOF_PORT: index === 0 ? port.toString() : "0",
        ...(index === 0 ? { WATTPROOF_HOST: host } : {}),
        WATTPROOF_ORACLE_PRIVATE_KEY: privateKey,
        WATTPROOF_QUORUM_PEERS: peersOf(world, address),
        WATTPROOF_QUORUM_TIMEOUT_MS: quorumTimeoutMs,
        WATTPROOF_UNBOUND_RECORDS: acceptsUnbound ? "accept" : "refuse",
        // The demo's price counts time, and its meters have no approval that anybody could show.
        WATTPROOF_TIME_PRICES: "any-meter",
        WATTPROOF_POLL_INTERVAL_MS: index === 0 ? pollMs : peerPollMs,
        WATTPROOF_BATCH_MAX_AGE_MS: "500",
        WATTPROOF_LATE_MESSAGES_QUIET_MS: "1000",
        WATTPROOF_LOG_LEVEL: process.env["WATTPROOF_LOG_LEVEL"] ?? "silent",
        ...(index === 0 ? pageSettings(world) : {}),
      }),
      {
        // Deadlines are the chain's, and its clock can be put forward.
        now: () => clock.nowSeconds() * 1000,
        // Each takes a free port, so that none can be told before all have started.
        connectPeer: (peer, ownAddress, timeoutMs) => {
          const connected = (): QuorumPeer => createHttpPeer(placed(peer), ownAddress, timeoutMs);
          return {
            address: peer.address,
            requestSignature: (claims, signal) => connected().requestSignature(claims, signal),
            requestLowering: (lowering, signal) => connected().requestLowering(lowering, signal),
          };
        },
        connectDossierPeer: (peer, ownAddress) => ({
          address: peer.address,
          requestDossierSignature: (...asked) =>
            createHttpDossierPeer(placed(peer), ownAddress).requestDossierSignature(...asked),
        }),
        connectStatementPeer: (peer, ownAddress) => ({
          address: peer.address,
          requestStatementSignature: (...asked) =>
            createHttpStatementPeer(placed(peer), ownAddress).requestStatementSignature(...asked),
        }),
      },
    );
    closers.push(() => service.close());
    urls.set(address, service.url);

    return service;
  };
  for (let index = world.oracles.length - 1; index > 0; index -= 1) {
    await start(index);
  }
  await createTransactor(world.chain, pageRelayer);

  return start(0);
}

/** What the first service needs to have the pages. */
function pageSettings({ rpcUrl }: World): Readonly<Record<string, string>> {
  return {
    WATTPROOF_PAGE_RPC: "on",
    WATTPROOF_RELAYER_PRIVATE_KEY: pageRelayer.privateKey,
    WATTPROOF_OPENINGS_PER_MINUTE: "600",
    WATTPROOF_CHAIN_NAME: "Wattproof demo",
    WATTPROOF_WALLET_RPC_URL: rpcUrl,
    WATTPROOF_DEVELOPMENT_WALLET_KEY: pageDriver.privateKey,
    WATTPROOF_OPERATOR_KEY: demoOperatorKey,
  };
}

function memberOf(world: World, index: number): World["oracles"][number] {
  const member = world.oracles[index];
  if (member === undefined) {
    throw new RangeError(`There is no oracle ${index}`);
  }

  return member;
}

function peersOf(world: World, ownAddress: string): string {
  return world.oracles
    .filter(({ address }) => address !== ownAddress)
    .map(({ address }) => `${address} ${keyOf(ownAddress, address)} http://127.0.0.1`)
    .join(", ");
}

/** The key that two oracles of a demo share; known to everybody who reads this. */
function keyOf(left: string, right: string): string {
  return createHash("sha256").update([left, right].sort().join(" ")).digest("hex");
}
