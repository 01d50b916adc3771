import { Interface, Result } from "ethers";
import { z } from "zod";

import type { AccountBatch } from "../domain/passkey.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { termsSchema } from "./terms-schema.ts";

/** What a batch does with money, as far as the service pays gas for it. */
export interface BatchContent {
  /** The session that it opens; `null`: none. */
  readonly opening: SessionTerms | null;
  /** The largest sum that is held, paid in or paid out, in the token's smallest unit, and of holds in 10⁻⁶ token. */
  readonly movedTokens: bigint;
  readonly movedMicro: bigint;
  /** It changes who can act for an account, or who may use its data; that moves no money. */
  readonly mayMoveNothing: boolean;
}

const callsSchema = z.array(z.object({ target: z.string(), callData: z.string() }));
const erc20 = new Interface([
  "function approve(address spender, uint256 amount)",
  "function transfer(address to, uint256 amount)",
]);
const account = new Interface([
  "function changeKey(bytes32 x, bytes32 y)",
  "function changeRecovery(address recoveryAccount)",
  "function cancelRecovery()",
  "function announceRecovery()",
  "function execute(bytes32 mode, bytes executionData)",
]);
const dataConsents = new Interface([
  "function grant((address driver, address grantee, uint32 scopes, uint40 until, uint16 shareBps, uint32 lane, uint32 nonce) consent)",
  "function revoke(address grantee)",
]);
/** What a recovery account calls of another account. */
const ofOthers: readonly string[] = ["announceRecovery", "execute"];
/** What the service brings of the settlement: everything of which a driver is the caller. */
const ofSettlement: readonly string[] = ["deposit", "open", "topUp", "withdraw", "expire", "advanceNonce"];
const ofConsents: readonly string[] = ["grant", "revoke"];

/**
 * The terms of the session that a call of `createAndExecute` opens; `null` if it opens none.
 * @param settlementAddress Where sessions open.
 */
export function openingInBatch(
  calldata: string,
  { settlement, passkeyAccounts }: Pick<ContractInterfaces, "settlement" | "passkeyAccounts">,
  settlementAddress: string,
): SessionTerms | null {
  const calls: unknown = passkeyAccounts.decodeFunctionData("createAndExecute", calldata).getValue("calls");
  for (const { target, callData } of callsSchema.parse(calls instanceof Result ? calls.toArray().map(asObject) : [])) {
    if (target.toLowerCase() !== settlementAddress.toLowerCase()) continue;
    const call = settlement.parseTransaction({ data: callData });
    if (call?.name === "open") return termsSchema.parse(asObject(call.args.getValue("terms")));
  }
  return null;
}

/**
 * What a batch does.
 * @param own Address of the account.
 * @throws PASSKEY_CALL_REFUSED for a call that the service pays no gas for
 */
export function readBatch(
  { calls }: Pick<AccountBatch, "calls">,
  own: string,
  { contracts, evidence }: Pick<Deployment, "contracts" | "evidence">,
  { settlement, vehicleConsents }: Pick<ContractInterfaces, "settlement" | "vehicleConsents">,
): BatchContent {
  let content: BatchContent = { opening: null, movedTokens: 0n, movedMicro: 0n, mayMoveNothing: false };
  for (const [index, { target, value, callData }] of calls.entries()) {
    const at = target.toLowerCase();
    const refuse = (why: string): never => {
      throw new WattproofError("PASSKEY_CALL_REFUSED", `Call ${index + 1}: ${why}`);
    };
    if (value !== 0n) refuse("The service brings no calls that pay the chain's coin.");
    if (at === contracts.chargingSettlement.toLowerCase()) {
      const called = settlement.parseTransaction({ data: callData });
      if (called === null || !ofSettlement.includes(called.name)) return refuse("Not a driver's call.");
      if (called.name === "open" && content.opening !== null) refuse("A batch opens one session.");
      content = withSettlementCall(content, called.name, called.args);
    } else if (at === contracts.erc20.toLowerCase()) {
      const called = erc20.parseTransaction({ data: callData });
      if (called === null) return refuse("Neither approve nor transfer.");
      const amount = z.bigint().parse(called.args.getValue("amount"));
      const spender: unknown = called.args[0];
      const isOurs = spender === contracts.chargingSettlement || spender === contracts.authorizedFunding;
      if (called.name === "approve" && !isOurs) refuse("An allowance for somebody else.");
      if (called.name === "transfer") content = { ...content, movedTokens: larger(content.movedTokens, amount) };
    } else if (at === contracts.vehicleConsents.toLowerCase()) {
      const called = vehicleConsents.parseTransaction({ data: callData });
      if (called === null || !ofConsents.includes(called.name)) return refuse("Not a driver's call.");
    } else if (at === evidence?.dataConsents?.toLowerCase()) {
      if (dataConsents.parseTransaction({ data: callData }) === null) return refuse("Not a driver's call.");
      content = { ...content, mayMoveNothing: true };
    } else {
      const called = account.parseTransaction({ data: callData });
      const isOwn = at === own.toLowerCase();
      if (called === null || isOwn === ofOthers.includes(called.name)) return refuse("An unknown contract.");
      content = { ...content, mayMoveNothing: true };
    }
  }
  return content;
}

function withSettlementCall(content: BatchContent, name: string, args: Result): BatchContent {
  switch (name) {
    case "open": {
      const opening = termsSchema.parse(asObject(args.getValue("terms")));
      return { ...content, opening, movedMicro: larger(content.movedMicro, opening.holdMicro) };
    }
    case "topUp":
      return {
        ...content,
        movedMicro: larger(content.movedMicro, z.bigint().parse(args.getValue("amountMicro"))),
      };
    case "deposit":
    case "withdraw":
      return { ...content, movedTokens: larger(content.movedTokens, z.bigint().parse(args.getValue("amount"))) };
    default:
      return content;
  }
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function asObject(value: unknown): unknown {
  return value instanceof Result ? value.toObject() : value;
}
