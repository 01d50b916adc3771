import type { Interface } from "ethers";
import { Result, Signature } from "ethers";
import { z } from "zod";

import type { Opening } from "../domain/opening.ts";
import { packTerms, sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { CallState, MinedJob, RelayChain } from "../relay/relay-chain.ts";
import type { RelayedCall } from "../store/relay.ts";
import type { Chain } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { addressOfTarget, type Deployment } from "./deployment.ts";
import { createOpenedSessions } from "./opened-sessions.ts";
import { openingInBatch } from "./passkey-calls.ts";
import { openingRefusalOf, revertReasonOf } from "./refusals.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";
import { termsSchema } from "./terms-schema.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const bigQuantity = hex.transform(BigInt);
const small = z.bigint().transform(Number);
const refusalArguments = z.object({ reason: z.bigint(), actual: z.bigint(), limit: z.bigint() });
const consentStatuses = ["none", "granted", "revoked"];

const releaseSchema = z.object({
  opening: z.object({ openedAt: small, salt: small }),
  toppedUpMicro: z.bigint(),
});
const topUpSchema = releaseSchema.extend({ amountMicro: z.bigint() });
const minedSchema = z
  .object({
    status: quantity,
    blockNumber: quantity,
    gasUsed: quantity,
    effectiveGasPrice: bigQuantity,
    logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })),
  })
  .nullable();

type Judged = Pick<RelayedCall, "kind" | "target" | "calldata">;

/** What the chain says about calls for others, and the account that sends them. */
export function createRelayChain(deps: {
  readonly rpc: Rpc;
  /** With the account that pays. */
  readonly chain: Chain;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
}): RelayChain {
  const { rpc, chain, deployment, interfaces } = deps;
  const { settlement, authorizedFunding, vehicleConsents } = interfaces;
  const { contracts } = deployment;
  /** Whose function a call is of, where that is not the settlement. */
  const others: Readonly<Partial<Record<RelayedCall["kind"], Interface>>> = {
    "funded-opening": authorizedFunding,
    "vehicle-opening": vehicleConsents,
    "new-wallet-opening": interfaces.walletOpenings,
  };

  const opened = createOpenedSessions({ rpc, settlement, settlementAddress: contracts.chargingSettlement });

  async function isLive(terms: SessionTerms, opening: Opening, toppedUpMicro: bigint): Promise<boolean> {
    const data = settlement.encodeFunctionData("isLive", [terms, opening, toppedUpMicro]);
    const answer = await rpc.request("eth_call", [{ to: contracts.chargingSettlement, data }, "latest"], hex);
    return z.boolean().parse(settlement.decodeFunctionResult("isLive", answer)[0]);
  }

  async function simulate(from: string, to: string, data: string): Promise<CallState> {
    try {
      await rpc.request("eth_call", [{ from, to, data }, "latest"], hex);
      return { kind: "possible" };
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      const { revertData } = error;
      // An endpoint that says no and not why is no contract's refusal.
      if (revertData === null && !/revert/i.test(error.message)) {
        throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint refused the call and did not say why.", {
          cause: error,
        });
      }
      return { kind: "refused", reason: reasonOf(interfaces, revertData) };
    }
  }

  /** The function's parameters, by name. */
  function parametersOf({ kind, calldata }: Pick<RelayedCall, "kind" | "calldata">): Result {
    const call = (others[kind] ?? settlement).parseTransaction({ data: calldata });
    if (call === null) throw new WattproofError("STORE_CORRUPT", "A stored call is none of the contracts'.");
    return call.args;
  }

  function termsOf(call: Pick<RelayedCall, "kind" | "calldata">): SessionTerms {
    const terms: unknown = parametersOf(call).getValue("terms");
    return termsSchema.parse(asObject(terms));
  }

  async function isDone(call: Judged, terms: SessionTerms): Promise<boolean> {
    if (call.kind === "release") {
      const { opening, toppedUpMicro } = releaseSchema.parse(parametersOf(call).toObject(true));
      return !(await isLive(terms, opening, toppedUpMicro));
    }
    if (call.kind !== "top-up") return opened.isLive(sessionIdOf(terms, chain.domain), terms);
    const { opening, toppedUpMicro, amountMicro } = topUpSchema.parse(parametersOf(call).toObject(true));
    return isLive(terms, opening, toppedUpMicro + amountMicro);
  }

  async function judge(call: Judged): Promise<CallState> {
    const to = addressOfTarget(deployment, call.target);
    if (call.kind === "withdrawal") return simulate(chain.oracle, to, call.calldata);
    if (call.kind === "passkey-batch") {
      const opening = openingInBatch(call.calldata, interfaces, contracts.chargingSettlement);
      if (opening !== null && (await opened.isLive(sessionIdOf(opening, chain.domain), opening))) {
        return { kind: "done" };
      }
      return simulate(chain.oracle, to, call.calldata);
    }
    const terms = termsOf(call);
    if (await isDone(call, terms)) return { kind: "done" };
    // The signature is checked beforehand; the contract's other checks are made as if the driver sent the terms.
    if (call.kind === "opening") {
      return simulate(terms.driver, to, settlement.encodeFunctionData("open", [terms]));
    }
    return simulate(chain.oracle, to, call.calldata);
  }

  function groupsOf(calls: readonly Judged[]): readonly unknown[] {
    const openings = calls.map((call) => ({
      terms: termsOf(call),
      signature: z.string().parse(parametersOf(call).getValue("signature")),
    }));
    const groups = Map.groupBy(openings, ({ terms }) => [terms.operator, terms.agreement, terms.tariffId].join());
    return [...groups.values()].map((members) => ({
      operator: members[0]?.terms.operator,
      agreement: members[0]?.terms.agreement,
      tariffId: members[0]?.terms.tariffId,
      openings: members.map(({ terms, signature }) => {
        const { r, yParityAndS: vs } = Signature.from(signature);
        return { driver: terms.driver, terms: packTerms(terms), r, vs };
      }),
    }));
  }

  return {
    chain,
    readBalanceWei: () => rpc.request("eth_getBalance", [chain.oracle, "latest"], bigQuantity),
    async readUnit() {
      const data = settlement.encodeFunctionData("unit", []);
      const answer = await rpc.request("eth_call", [{ to: contracts.chargingSettlement, data }, "latest"], hex);
      return z.bigint().parse(settlement.decodeFunctionResult("unit", answer)[0]);
    },
    judge,
    merge(calls) {
      const [only] = calls;
      if (only === undefined) throw new WattproofError("INTERNAL", "There is nothing to send.");
      const { kind, target, calldata } = only;
      if (kind !== "opening") return { target, calldata };
      return { target, calldata: settlement.encodeFunctionData("openBatch", [groupsOf(calls)]) };
    },
    sessionOf(call) {
      return call.kind === "opening" ? sessionIdOf(termsOf(call), chain.domain) : null;
    },
    async readMined(txHash) {
      const receipt = await rpc.request("eth_getTransactionReceipt", [txHash], minedSchema);
      if (receipt === null) return null;
      const { status, blockNumber, gasUsed, effectiveGasPrice, logs } = receipt;
      const costWei = BigInt(gasUsed) * effectiveGasPrice;
      return { isSuccess: status === 1, blockNumber, gasUsed, costWei, skipped: skippedOf(settlement, logs) };
    },
  };
}

/** Why a call was refused: a code. */
function reasonOf(interfaces: ContractInterfaces, revertData: string | null): string {
  const { settlement, authorizedFunding, vehicleConsents, passkeyAccount, walletOpenings } = interfaces;
  const consent = revertData === null ? null : vehicleConsents.parseError(revertData);
  if (consent?.name === "ConsentNotGranted") {
    const status = consentStatuses[small.parse(consent.args.getValue("status"))];
    return status === "revoked" ? "CONSENT_REVOKED" : "CONSENT_NOT_GRANTED";
  }
  const known = [settlement, authorizedFunding, vehicleConsents, passkeyAccount, walletOpenings];
  return revertReasonOf(revertData, known);
}

function asObject(value: unknown): unknown {
  return value instanceof Result ? value.toObject() : value;
}

/** The openings of a transaction that the contract skipped, and why. */
function skippedOf(
  settlement: Interface,
  logs: readonly { readonly topics: readonly string[]; readonly data: string }[],
): MinedJob["skipped"] {
  const skipped = new Map<string, string>();
  for (const log of logs) {
    const event = settlement.parseLog(log);
    if (event?.name !== "OpeningSkipped") continue;
    const { reason } = refusalArguments.parse(event.args.toObject());
    skipped.set(z.string().parse(event.args.getValue("sessionId")), openingRefusalOf(reason));
  }
  return skipped;
}
