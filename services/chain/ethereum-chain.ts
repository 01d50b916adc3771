import type { SigningKey } from "ethers";
import { Signature, Transaction, getAddress, recoverAddress } from "ethers";
import { z } from "zod";

import { batchDigestOf } from "../domain/claims.ts";
import { tariffIdOf } from "../domain/tariff.ts";
import { WattproofError } from "../errors.ts";
import { classifyBroadcastRefusal } from "./broadcast.ts";
import type { Chain, ChainBlock } from "./chain.ts";
import { createCompleteLogs } from "./complete-logs.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { isSignedBy } from "./driver-signature.ts";
import { readEvents } from "./events.ts";
import { createPayloadScan } from "./payload-scan.ts";
import { encodeAnswer, encodeChallenge, encodeConclusion, encodeMeterSettlement } from "./proof-calls.ts";
import { createRegistryReader } from "./registries.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";
import { createClaimsReader } from "./settled-claims.ts";
import { claimsOf, encodeSettlement } from "./settlement-call.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const bigQuantity = hex.transform(BigInt);

const blockSchema = z
  .object({ number: quantity, hash: hex, timestamp: quantity })
  .transform((block): ChainBlock => block);
const feeBlockSchema = z.object({ baseFeePerGas: bigQuantity });
const receiptSchema = z
  .object({ status: quantity, blockNumber: quantity, blockHash: hex })
  .transform(({ status, blockNumber, blockHash }) => ({ isSuccess: status === 1, blockNumber, blockHash }));
// The base fee grows by at most an eighth per block (EIP-1559), so twice of it lasts for six full blocks.
const baseFeeFactor = 2n;

/** The chain behind a JSON-RPC endpoint. */
export function createEthereumChain(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
  readonly wallet: { readonly address: string; readonly signingKey: SigningKey };
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
    readOffer: (operator, tariff) => registries.readOffer(operator, tariff),

    readAccountNonce: () => rpc.request("eth_getTransactionCount", [wallet.address, "latest"], quantity),
    async readFees() {
      const { baseFeePerGas } = await rpc.request("eth_getBlockByNumber", ["latest", false], feeBlockSchema);
      const maxPriorityFeePerGas = await rpc.request("eth_maxPriorityFeePerGas", [], bigQuantity);
      return { maxPriorityFeePerGas, maxFeePerGas: baseFeeFactor * baseFeePerGas + maxPriorityFeePerGas };
    },
    claimsOf: (items) => claimsOf(items, domain),
    signClaims(claims) {
      const { r, yParityAndS: vs } = wallet.signingKey.sign(batchDigestOf(claims, domain));
      return { signer: wallet.address, r, vs };
    },
    recoverSigner(claims, { r, vs }) {
      try {
        return recoverAddress(batchDigestOf(claims, domain), Signature.from({ r, yParityAndS: vs }));
      } catch {
        // The library throws for numbers that are no signature.
        return null;
      }
    },
    encodeSettlement: (items, signatures) => ({
      target: "chargingSettlement",
      calldata: encodeSettlement(interfaces.settlement, items, signatures),
    }),
    encodeMeterSettlement: (sessions) => encodeMeterSettlement(interfaces, sessions),
    encodeChallenge: (challenge) => encodeChallenge(interfaces, challenge),
    encodeAnswer: (answer) => encodeAnswer(interfaces, answer),
    encodeConclusion: (terms) => encodeConclusion(interfaces, terms),
    readSettledClaims: createClaimsReader({ rpc, deployment, interfaces }),
    async estimateCall({ target, calldata }) {
      try {
        const call = { from: wallet.address, to: contracts[target], data: calldata };
        return { kind: "estimated", gas: await rpc.request("eth_estimateGas", [call], bigQuantity) };
      } catch (error) {
        if (error instanceof RpcRefusal) return { kind: "refused", detail: error.message };
        throw error;
      }
    },
    signCall({ target, calldata, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas }) {
      const transaction = Transaction.from({
        type: 2,
        chainId,
        to: getAddress(contracts[target]),
        data: calldata,
        nonce,
        gasLimit,
        maxFeePerGas,
        maxPriorityFeePerGas,
      });
      transaction.signature = wallet.signingKey.sign(transaction.unsignedHash);
      if (transaction.hash === null) throw new WattproofError("INTERNAL", "A signed transaction has no hash.");
      return Promise.resolve({ txHash: transaction.hash, rawTransaction: transaction.serialized });
    },
    async broadcast(rawTransaction) {
      try {
        await rpc.request("eth_sendRawTransaction", [rawTransaction], hex);
        return { kind: "taken", detail: "" };
      } catch (error) {
        if (error instanceof RpcRefusal) return classifyBroadcastRefusal(error.message);
        throw error;
      }
    },
    readReceipt: (txHash) => rpc.request("eth_getTransactionReceipt", [txHash], receiptSchema.nullable()),
    async isKnown(txHash) {
      const transaction = await rpc.request("eth_getTransactionByHash", [txHash], z.object({ hash: hex }).nullable());
      return transaction !== null;
    },
  };
}

function toQuantity(value: number): string {
  return `0x${value.toString(16)}`;
}
