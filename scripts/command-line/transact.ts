import { Contract, type Signer, type TransactionRequest, type TypedDataDomain, type TypedDataField } from "ethers";

import { evidenceAddressOf } from "../../services/chain/deployment.ts";
import { contractRoles, evidenceRoles, type ContractRole, type EvidenceRole } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { artifactOf } from "../deploy/artifacts.ts";
import type { Output } from "./output.ts";
import { coins } from "./amounts.ts";
import type { ChainAccess } from "./chain-access.ts";

/** Whose code a call is of: a contract of the deployment, or one that such a contract created. */
export type CalledContract = ContractRole | EvidenceRole | "revenueShare";

/** A call of one of our contracts. */
export interface Intent {
  readonly contract: CalledContract;
  /** Where it is, if not where the deployment says. */
  readonly at?: string;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** What a call did, or in a dry run what it would do. */
export interface Transaction {
  readonly contract: CalledContract;
  readonly method: string;
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly gas: bigint;
  readonly gasPriceWei: bigint;
  readonly costWei: bigint;
  /** `null` in a dry run. */
  readonly txHash: string | null;
  readonly blockNumber: number | null;
}

/** Sends calls of one account, one after the other; in a dry run simulates them. */
export interface Writer {
  readonly chain: ChainAccess;
  readonly address: string;
  /** Asks the contract alone. @throws CONTRACT_REFUSED, CHAIN_UNAVAILABLE */
  ask(intent: Intent): Promise<unknown>;
  /**
   * Asks the contract first, so that a refusal costs nothing; then sends, and waits until it is confirmed.
   * @returns what the contract returned to the question, and the transaction.
   * @throws CONTRACT_REFUSED, GAS_MONEY_LACKING, CHAIN_UNAVAILABLE, TRANSACTION_FAILED
   */
  call(intent: Intent): Promise<{ readonly result: unknown; readonly transaction: Transaction }>;
  /**
   * Sends data from the account to itself, for everybody to look up; in a dry run says what that would cost.
   * @throws GAS_MONEY_LACKING, CHAIN_UNAVAILABLE, TRANSACTION_FAILED
   */
  note(data: string): Promise<{ readonly gas: bigint; readonly txHash: string | null }>;
  /** Signs EIP-712 data; in a dry run, too, since nothing is sent. @throws where the account is an address alone */
  signTypedData(
    domain: TypedDataDomain,
    types: Readonly<Record<string, TypedDataField[]>>,
    value: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

/** @throws EVIDENCE_NOT_DEPLOYED */
function addressOf(deployment: ChainAccess["deployment"], { contract, at }: Intent): string {
  if (at !== undefined) return at;
  const role = evidenceRoles.find((one) => one === contract);
  if (role !== undefined) return evidenceAddressOf(deployment, role);
  const core = contractRoles.find((one) => one === contract);
  if (core === undefined) throw new RangeError(`The deployment does not name ${contract}.`);
  return deployment.contracts[core];
}

/** A transaction that is not mined by then needs a person to look at it. */
const receiptTimeoutMs = 10 * 60_000;

export function createWriter(deps: {
  readonly chain: ChainAccess;
  readonly address: string;
  readonly signer: Signer;
  readonly isDryRun: boolean;
  readonly confirmations: number;
  readonly output: Output;
}): Writer {
  const { chain, address, signer, isDryRun, confirmations, output } = deps;
  const { provider, deployment } = chain;

  function functionOf(intent: Intent) {
    const { contract, method } = intent;
    return new Contract(addressOf(deployment, intent), artifactOf(contract).interface, provider).getFunction(method);
  }

  const ask = async (intent: Intent): Promise<unknown> =>
    functionOf(intent).staticCall(...intent.parameters, { from: address });

  return {
    chain,
    address,
    ask,
    signTypedData: (domain, types, value) => signer.signTypedData(domain, { ...types }, { ...value }),
    async note(data) {
      const gas = await provider.estimateGas({ from: address, to: address, data });
      if (isDryRun) {
        output.line(`would send ${data} from ${address} to itself: ${gas} gas`);
        return { gas, txHash: null };
      }
      const sent = await signer.sendTransaction({ to: address, data });
      output.line(`sent ${sent.hash}`);
      const receipt = await sent.wait(confirmations, receiptTimeoutMs);
      if (receipt === null) throw new WattproofError("TRANSACTION_FAILED", `${sent.hash} has no receipt.`);
      return { gas: receipt.gasUsed, txHash: receipt.hash };
    },
    async call(intent) {
      const { contract: role, method, parameters } = intent;
      const to = addressOf(deployment, intent);
      const data = artifactOf(role).interface.encodeFunctionData(method, parameters);
      const request: TransactionRequest = { from: address, to, data };
      const result = await ask(intent);
      const gas = await provider.estimateGas(request);
      const fees = await provider.getFeeData();
      const gasPriceWei = fees.gasPrice ?? fees.maxFeePerGas ?? 0n;
      const planned = { contract: role, method, from: address, to, data, gas, gasPriceWei, costWei: gas * gasPriceWei };
      if (isDryRun) {
        output.line(`would call ${role}.${method} from ${address}: ${gas} gas, about ${coins(planned.costWei)} coins`);

        return { result, transaction: { ...planned, txHash: null, blockNumber: null } };
      }

      const sent = await signer.sendTransaction({ to, data });
      output.line(`sent ${role}.${method}: ${sent.hash}`);
      const receipt = await sent.wait(confirmations, receiptTimeoutMs);
      if (receipt === null) throw new WattproofError("TRANSACTION_FAILED", `${sent.hash} has no receipt.`);

      return {
        result,
        transaction: {
          ...planned,
          gas: receipt.gasUsed,
          gasPriceWei: receipt.gasPrice,
          costWei: receipt.gasUsed * receipt.gasPrice,
          txHash: receipt.hash,
          blockNumber: receipt.blockNumber,
        },
      };
    },
  };
}
