import { z } from "zod";

import type { Opening } from "../../../domain/opening.ts";
import type { SessionTerms } from "../../../domain/terms.ts";
import { erc20Interface, settlementInterface } from "./contracts.ts";
import type { ChainAccess } from "./chain-access.ts";

/** A call that the driver's own wallet sends. */
export interface ContractCall {
  readonly to: string;
  readonly data: string;
}

/** Lets the settlement contract take `amount` (in the token's smallest unit), and not more. */
export function approveCall(erc20: string, settlement: string, amount: bigint): ContractCall {
  return { to: erc20, data: erc20Interface.encodeFunctionData("approve", [settlement, amount]) };
}

export function depositCall(settlement: string, driver: string, amount: bigint, lane = 0): ContractCall {
  return { to: settlement, data: settlementInterface.encodeFunctionData("deposit", [driver, lane, amount]) };
}

/**
 * Pays `amount` into a driver's account, by as many calls as that takes. All in the token's smallest unit.
 * @param allowance What the settlement contract may take now. Where that is something and too little, it is taken back
 * first: tokens in the manner of USDT refuse to change an allowance that is left over into another.
 */
export function depositCalls(
  contracts: { readonly erc20: string; readonly chargingSettlement: string },
  driver: string,
  amount: bigint,
  allowance: bigint,
  lane = 0,
): readonly ContractCall[] {
  const { erc20, chargingSettlement } = contracts;
  const deposit = depositCall(chargingSettlement, driver, amount, lane);
  if (allowance >= amount) return [deposit];
  const approve = approveCall(erc20, chargingSettlement, amount);
  return allowance === 0n ? [approve, deposit] : [approveCall(erc20, chargingSettlement, 0n), approve, deposit];
}

export function withdrawCall(settlement: string, lane: number, recipient: string, amount: bigint): ContractCall {
  return { to: settlement, data: settlementInterface.encodeFunctionData("withdraw", [lane, amount, recipient]) };
}

export function openCall(settlement: string, terms: SessionTerms): ContractCall {
  return { to: settlement, data: settlementInterface.encodeFunctionData("open", [terms]) };
}

/** What a live session is named by: what its driver's account commits to. */
interface HeldSession {
  readonly terms: SessionTerms;
  readonly opening: Opening;
  /** By how much the hold was raised so far. */
  readonly toppedUpMicro: bigint;
}

/** Raises the hold. */
export function topUpCall(
  settlement: string,
  { terms, opening, toppedUpMicro }: HeldSession,
  amountMicro: bigint,
): ContractCall {
  const values = [terms, opening, toppedUpMicro, amountMicro];
  return { to: settlement, data: settlementInterface.encodeFunctionData("topUp", values) };
}

/** Gives the hold of an expired session back to its driver; anybody may send it. */
export function expireCall(settlement: string, { terms, opening, toppedUpMicro }: HeldSession): ContractCall {
  const values = [terms, opening, toppedUpMicro];
  return { to: settlement, data: settlementInterface.encodeFunctionData("expire", values) };
}

const minedSchema = z.object({ status: z.string() }).nullable();
/** 150 looks of 2 s: five minutes, in which a transaction at a usual fee is mined on any chain. */
const looks = 150;
const firstLookMs = 250;
const longestLookMs = 2_000;

/**
 * Waits until the transaction is mined.
 * @returns whether the contract did what it was asked, or `pending` if it is not mined by then.
 */
export async function awaitTransaction(
  chain: ChainAccess,
  txHash: string,
  signal: AbortSignal,
): Promise<"done" | "reverted" | "pending"> {
  for (let look = 0; look < looks && !signal.aborted; look += 1) {
    const mined = minedSchema.parse(await chain.request("eth_getTransactionReceipt", [txHash]));
    if (mined !== null) return mined.status === "0x1" ? "done" : "reverted";
    const waitMs = Math.min(longestLookMs, firstLookMs * (look + 1));
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return "pending";
}
