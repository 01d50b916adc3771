import { keccak256, toUtf8Bytes } from "ethers";

import type { ServiceOptions } from "../../services/index.ts";
import { createHttpDossierPeer } from "../../services/settlement/quorum/http-dossier-peer.ts";
import { createHttpStatementPeer } from "../../services/settlement/quorum/http-statement-peer.ts";
import { createHttpPeer } from "../../services/settlement/quorum/http-peer.ts";
import { runService, type RunningService } from "./running-service.ts";
import type { ServiceChain } from "./service-chain.ts";

/** The services of a committee, each with its own store, in the order of the chain's oracles. */
export interface RunningCommittee {
  readonly services: readonly RunningService[];
  /** Ends one service; the others go on. */
  stop(index: number): Promise<void>;
  /** Stops one and starts it again on its data. */
  restart(index: number): Promise<void>;
  close(): Promise<void>;
}

/** The key that two oracles share, whichever of them is named first. */
export function peerKeyOf(left: string, right: string): string {
  return keccak256(toUtf8Bytes([left, right].sort().join(" "))).slice(2);
}

/** The setting that names an oracle's peers. */
export function peersSettingOf(
  chain: ServiceChain,
  own: number,
  urlOf: (address: string) => string = () => "http://127.0.0.1:1",
): string {
  const ownAddress = chain.oracles[own]?.address ?? "";
  return chain.oracles
    .filter(({ address }) => address !== ownAddress)
    .map(({ address }) => `${address} ${peerKeyOf(ownAddress, address)} ${urlOf(address)}`)
    .join(", ");
}

/** Runs a service for each oracle of the chain. They find each other although each takes a free port. */
export async function runCommittee(
  chain: ServiceChain,
  overrides: Readonly<Record<string, string>> = {},
  options: ServiceOptions | ((index: number) => ServiceOptions) = {},
): Promise<RunningCommittee> {
  const urls = new Map<string, string>();
  const services: RunningService[] = [];
  const stopped = new Set<number>();
  for (const [index, oracle] of chain.oracles.entries()) {
    const running = await runService(
      chain,
      {
        WATTPROOF_ORACLE_PRIVATE_KEY: oracle.privateKey,
        WATTPROOF_QUORUM_PEERS: peersSettingOf(chain, index),
        WATTPROOF_QUORUM_RETRY_MS: "0",
        WATTPROOF_QUORUM_TIMEOUT_MS: "20000",
        ...overrides,
      },
      {
        connectPeer: (peer, ownAddress, timeoutMs) => ({
          address: peer.address,
          requestSignature: (claims, signal) => {
            const url = urls.get(peer.address) ?? peer.url;
            return createHttpPeer({ ...peer, url }, ownAddress, timeoutMs).requestSignature(claims, signal);
          },
          requestLowering: (lowering, signal) => {
            const url = urls.get(peer.address) ?? peer.url;
            return createHttpPeer({ ...peer, url }, ownAddress, timeoutMs).requestLowering(lowering, signal);
          },
        }),
        connectDossierPeer: (peer, ownAddress) => ({
          address: peer.address,
          requestDossierSignature: (request, commitment, signal) => {
            const url = urls.get(peer.address) ?? peer.url;
            return createHttpDossierPeer({ ...peer, url }, ownAddress).requestDossierSignature(
              request,
              commitment,
              signal,
            );
          },
        }),
        connectStatementPeer: (peer, ownAddress) => ({
          address: peer.address,
          requestStatementSignature: (asked, signal) => {
            const url = urls.get(peer.address) ?? peer.url;
            return createHttpStatementPeer({ ...peer, url }, ownAddress).requestStatementSignature(asked, signal);
          },
        }),
        ...(typeof options === "function" ? options(index) : options),
      },
    );
    urls.set(oracle.address, running.service.url);
    services.push(running);
  }

  async function stop(index: number): Promise<void> {
    if (stopped.has(index)) return;
    stopped.add(index);
    await services[index]?.close();
  }

  return {
    services,
    stop,
    async restart(index) {
      const running = services[index];
      if (running === undefined) throw new RangeError(`There is no service ${index}.`);
      services[index] = await running.restart();
      urls.set(chain.oracles[index]?.address ?? "", services[index].service.url);
    },
    async close() {
      for (const index of services.keys()) await stop(index);
    },
  };
}
