import type { Interface } from "ethers";
import { Signature } from "ethers";
import { z } from "zod";

import type { TopUpOrder, WithdrawalOrder } from "../domain/driver-orders.ts";
import { sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { RelayedOpening } from "./opening-relay.ts";
import { revertReasonOf } from "./refusals.ts";
import type { RelayAccount } from "./relay-account.ts";
import { createRelayedCalls, type RelayedCallResult } from "./relayed-calls.ts";
import type { Rpc } from "./rpc.ts";

/** Signed terms whose hold is paid out of the driver's wallet. Amounts in the token's smallest unit, times in seconds. */
export type FundedTerms =
  | {
      readonly kind: "permit-and-terms";
      readonly terms: SessionTerms;
      readonly permit: { readonly value: bigint; readonly deadline: number; readonly signature: string };
      /** Of the terms. */
      readonly signature: string;
    }
  | {
      readonly kind: "transfer-authorization";
      readonly terms: SessionTerms;
      readonly authorization: { readonly value: bigint; readonly validAfter: number; readonly validBefore: number };
      /** Of the transfer, whose nonce is the session id. */
      readonly signature: string;
    };

/** An order that a driver has signed. */
export type DriverOrder =
  | ({
      readonly kind: "top-up";
      readonly terms: SessionTerms;
      readonly signature: string;
    } & Omit<TopUpOrder, "sessionId">)
  | {
      readonly kind: "withdrawal";
      readonly withdrawal: WithdrawalOrder;
      readonly signature: string;
    };

/** What became of an order; `txHash` is `null` where it was carried out before. */
export interface CarriedOutOrder {
  readonly status: RelayedCallResult["status"];
  readonly txHash: string | null;
}

/** Brings what drivers have signed to the chain at the service's expense, beside plain openings. */
export interface DriverOrders {
  /**
   * @param admit as in `OpeningRelay`.
   * @throws OPENING_REFUSED, RELAY_UNAVAILABLE, SERVICE_OVERLOADED, CHAIN_UNAVAILABLE
   */
  openFunded(funded: FundedTerms, admit: (sessionId: string) => Promise<void>): Promise<RelayedOpening>;
  /**
   * @param admit as in `OpeningRelay`.
   * @throws ORDER_REFUSED, RELAY_UNAVAILABLE, SERVICE_OVERLOADED, CHAIN_UNAVAILABLE
   */
  carryOut(order: DriverOrder, admit: () => Promise<void>): Promise<CarriedOutOrder>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);

export function createDriverOrders(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: Pick<ContractInterfaces, "settlement" | "authorizedFunding">;
  readonly account: RelayAccount;
  readonly queueLimit: number;
  readonly signal: AbortSignal;
}): DriverOrders {
  const { rpc, deployment, interfaces } = deps;
  const { settlement, authorizedFunding } = interfaces;
  const { contracts, chainId } = deployment;
  const domain = { chainId, verifyingContract: contracts.chargingSettlement };
  const known = [authorizedFunding, settlement];
  const calls = createRelayedCalls({ ...deps, reasonOf: (revertData) => revertReasonOf(revertData, known) });

  async function isLive(terms: SessionTerms, toppedUpMicro: bigint): Promise<boolean> {
    const data = settlement.encodeFunctionData("isLive", [terms, toppedUpMicro]);
    const answer = await rpc.request("eth_call", [{ to: contracts.chargingSettlement, data }, "latest"], hex);
    return z.boolean().parse(settlement.decodeFunctionResult("isLive", answer)[0]);
  }

  return {
    async openFunded(funded, admit) {
      const { terms } = funded;
      const sessionId = sessionIdOf(terms, domain);
      if (await isLive(terms, 0n)) return { sessionId, status: "open", txHash: null };
      const call = { to: contracts.authorizedFunding, data: fundedCallOf(authorizedFunding, funded) };
      const { status, txHash } = await calls.send(call, "OPENING_REFUSED", () => admit(sessionId));
      return { sessionId, status: status === "done" ? "open" : "sent", txHash };
    },
    async carryOut(order, admit) {
      if (order.kind === "top-up" && (await isLive(order.terms, order.toppedUpMicro + order.amountMicro))) {
        return { status: "done", txHash: null };
      }
      const call = { to: contracts.chargingSettlement, data: orderCallOf(settlement, order) };
      return calls.send(call, "ORDER_REFUSED", admit);
    },
  };
}

function fundedCallOf(funding: Interface, funded: FundedTerms): string {
  const { terms } = funded;
  if (funded.kind === "permit-and-terms") {
    const { value, deadline, signature } = funded.permit;
    const { v, r, s } = Signature.from(signature);
    const permit = { value, deadline, v, r, s };
    return funding.encodeFunctionData("depositWithPermitAndOpen", [terms, permit, funded.signature]);
  }
  const { v, r, s } = Signature.from(funded.signature);
  return funding.encodeFunctionData("openWithTransferAuthorization", [terms, funded.authorization, v, r, s]);
}

function orderCallOf(settlement: Interface, order: DriverOrder): string {
  if (order.kind === "withdrawal") {
    return settlement.encodeFunctionData("withdrawSigned", [order.withdrawal, order.signature]);
  }
  const { terms, toppedUpMicro, amountMicro, signature } = order;
  return settlement.encodeFunctionData("topUpSigned", [terms, toppedUpMicro, amountMicro, signature]);
}
