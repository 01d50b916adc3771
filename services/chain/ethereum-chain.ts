/**
 * The chain room: the only one that speaks to a node. In come questions of the other rooms in their own words; out come
 * parsed answers, or CHAIN_UNAVAILABLE where the endpoint does not answer, answers nonsense or belongs to another chain.
 * Nothing that an endpoint says is taken unseen: the events of a block are complete (`complete-logs.ts`), a session's id is
 * the digest of its terms, a tariff's id the digest of its content. `settlement/` follows and settles through the `Chain`
 * of `chain.ts`, `relay/` sends for others through `relay-chain.ts`; `wiring/` puts them together.
 */
import { z } from "zod";

import { tariffIdOf } from "../domain/packed-tariff.ts";
import { WattproofError } from "../errors.ts";
import type { Chain, ChainBlock } from "./chain.ts";
import { createClaimCalls } from "./claim-calls.ts";
import { createCompleteLogs } from "./complete-logs.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { isSignedBy } from "./driver-signature.ts";
import { readEvents } from "./events.ts";
import { createPayloadScan } from "./payload-scan.ts";
import { createRegistryReader } from "./registries.ts";
import type { Rpc } from "./rpc.ts";
import { createSendingAccount } from "./sending-account.ts";
import { createDemandReader } from "./demands.ts";
import { createClaimFinder } from "./settled-claims.ts";
import type { DigestSigner } from "./digest-signer.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);

const blockSchema = z
  .object({ number: quantity, hash: hex, timestamp: quantity })
  .transform((block): ChainBlock => block);

/** The chain behind a JSON-RPC endpoint. */
export function createEthereumChain(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
  readonly wallet: DigestSigner;
}): Chain {
  const { rpc, deployment, interfaces, wallet } = deps;
  const { chainId, contracts } = deployment;
  const domain = { chainId, verifyingContract: contracts.chargingSettlement };
  const registries = createRegistryReader(rpc, deployment, interfaces);
  const scanPayload = createPayloadScan({
    rpc,
    scanner: interfaces.ocmfScanner,
    readAddress: () => registries.readOcmfScanner(),
  });

  const completeLogs = createCompleteLogs(rpc, [
    contracts.chargingSettlement,
    contracts.meterSettlement,
    contracts.challenges,
    contracts.meterRegistry,
  ]);

  function readBlock(tag: string): Promise<ChainBlock | null> {
    return rpc.request("eth_getBlockByNumber", [tag, false], blockSchema.nullable());
  }

  return {
    domain,
    oracle: wallet.address,

    async checkDeployment() {
      const actual = await rpc.request("eth_chainId", [], quantity);
      if (actual !== chainId) {
        throw new WattproofError("CHAIN_MISMATCH", `The endpoint is on chain ${actual}, the deployment on ${chainId}.`);
      }
      for (const [name, address] of Object.entries(contracts)) {
        const code = await rpc.request("eth_getCode", [address, "latest"], hex);
        if (code === "0x") throw new WattproofError("CHAIN_MISMATCH", `There is no ${name} at ${address}.`);
      }
    },
    isSignedBy: (account, digest, signature) => isSignedBy(rpc, account, digest, signature),
    isMember: () => registries.isMember(wallet.address),
    readCommittee: () => registries.readCommittee(),
    readEpochSeconds: () => registries.readEpochSeconds(),
    readChangeDelaySeconds: () => registries.readChangeDelaySeconds(),
    async readHead() {
      const head = await readBlock("latest");
      if (head === null) throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint has no newest block.");
      return head;
    },
    readBlock: (number) => readBlock(toQuantity(number)),
    async readEvents(from, to, parentHash) {
      const reading = await completeLogs.readLogs(from, to, parentHash);
      if (reading === null) return null;
      return { events: readEvents(reading.logs, deployment, interfaces), omissions: reading.omissions };
    },
    readEvse: (evse) => registries.readEvse(evse),
    readAgreement: (agreement) => registries.readAgreement(agreement),
    readMeter: (meter) => registries.readMeter(meter),
    canContractRead: (payload) => scanPayload(payload),
    async readTariff(tariffId) {
      const tariff = await registries.readTariff(tariffId);
      return tariffIdOf(tariff) === tariffId ? tariff : null;
    },
    isOffered: (operator, tariffId) => registries.isOffered(operator, tariffId),

    ...createClaimCalls({ wallet, domain, interfaces }),
    ...createSendingAccount({ rpc, deployment, wallet }),
    findClaim: createClaimFinder({ rpc, deployment, interfaces }),
    ...createDemandReader({ rpc, deployment, interfaces }),
  };
}

function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
