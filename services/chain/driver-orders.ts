import type { Interface } from "ethers";
import { Signature } from "ethers";

import type { TopUpOrder, WithdrawalOrder } from "../domain/driver-orders.ts";
import type { Opening } from "../domain/opening.ts";
import { sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { RelayChain } from "../relay/relay-chain.ts";
import type { RelayDesk } from "../relay/relay-desk.ts";
import type { RelayedCall } from "../store/relay.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { accountOf, openingOf, tooSmall, type RelayAsker, type RelayedOpening } from "./opening-relay.ts";

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
      readonly opening: Opening;
      readonly signature: string;
    } & Omit<TopUpOrder, "sessionId">)
  | {
      readonly kind: "withdrawal";
      readonly withdrawal: WithdrawalOrder;
      readonly signature: string;
    };

/** What became of an order; `txHash` and `callId` are `null` where it was carried out before. */
export interface CarriedOutOrder {
  readonly status: "done" | "sent";
  readonly txHash: string | null;
  /** Under which it can be looked up. */
  readonly callId: string | null;
}

/** Brings what drivers have signed to the chain at the service's expense, beside plain openings. */
export interface DriverOrders {
  /**
   * @param asker as in `OpeningRelay`.
   * @throws OPENING_REFUSED, RELAY_AMOUNT_TOO_SMALL, what `admit` throws, and what `RelayDesk.relay` throws
   */
  openFunded(funded: FundedTerms, asker: RelayAsker): Promise<RelayedOpening>;
  /**
   * @param asker as in `OpeningRelay`, admitted without a session.
   * @throws ORDER_REFUSED, RELAY_AMOUNT_TOO_SMALL, what `admit` throws, and what `RelayDesk.relay` throws
   */
  carryOut(
    order: DriverOrder,
    asker: Pick<RelayAsker, "client"> & { readonly admit: () => void },
  ): Promise<CarriedOutOrder>;
}

type AskedCall = Pick<RelayedCall, "kind" | "target" | "calldata">;

export function createDriverOrders(deps: {
  readonly relayChain: RelayChain;
  readonly interfaces: Pick<ContractInterfaces, "settlement" | "authorizedFunding">;
  readonly relay: RelayDesk;
  /** Below this the gas costs more than the order is worth, in 10⁻⁶ token. */
  readonly leastHoldMicro: bigint;
}): DriverOrders {
  const { relayChain, relay } = deps;
  const { settlement, authorizedFunding } = deps.interfaces;

  async function isWorthIt(order: DriverOrder): Promise<boolean> {
    if (order.kind === "top-up") return order.amountMicro >= deps.leastHoldMicro;
    return order.withdrawal.amount >= deps.leastHoldMicro * (await relayChain.readUnit());
  }

  return {
    async openFunded(funded, { client, admit }) {
      const { terms } = funded;
      const { driver } = terms;
      const sessionId = sessionIdOf(terms, relayChain.chain.domain);
      const calldata = fundedCallOf(authorizedFunding, funded);
      const call: AskedCall = { kind: "funded-opening", target: "authorizedFunding", calldata };
      const state = await relayChain.judge(call);
      if (state.kind === "done") return { sessionId, status: "open", txHash: null, callId: null };
      if (state.kind === "refused") throw new WattproofError("OPENING_REFUSED", state.reason);
      if (terms.holdMicro < deps.leastHoldMicro) throw tooSmall(deps.leastHoldMicro);
      await admit(sessionId);
      const answer = await relay.relay({ ...call, driver, client, payer: driver, subject: accountOf(terms) });
      return openingOf(sessionId, answer);
    },
    async carryOut(order, { client, admit }) {
      const calldata = orderCallOf(settlement, order);
      const call: AskedCall = { kind: order.kind, target: "chargingSettlement", calldata };
      const state = await relayChain.judge(call);
      if (state.kind === "done") return { status: "done", txHash: null, callId: null };
      if (state.kind === "refused") throw new WattproofError("ORDER_REFUSED", state.reason);
      if (!(await isWorthIt(order))) throw tooSmall(deps.leastHoldMicro);
      admit();
      const account = order.kind === "top-up" ? order.terms : order.withdrawal;
      const { driver } = account;
      const answer = await relay.relay({ ...call, driver, client, payer: driver, subject: accountOf(account) });
      const { status, txHash, callId, code } = answer;
      if (status === "failed") throw new WattproofError("ORDER_REFUSED", code ?? "UNKNOWN");
      return { status, txHash, callId };
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
  const { terms, opening, toppedUpMicro, amountMicro, signature } = order;
  return settlement.encodeFunctionData("topUpSigned", [terms, opening, toppedUpMicro, amountMicro, signature]);
}
