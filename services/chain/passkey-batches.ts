import { getAddress } from "ethers";
import { z } from "zod";

import {
  batchDigestOf,
  encodeAssertion,
  type AccountBatch,
  type PasskeyAssertion,
  type PasskeyPoint,
} from "../domain/passkey.ts";
import { findAssertionFault, isP256Point } from "./passkey-assertion.ts";
import { sessionIdOf } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { RelayChain } from "../relay/relay-chain.ts";
import type { RelayDesk } from "../relay/relay-desk.ts";
import type { RelayedCall } from "../store/relay.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { tooSmall, type RelayAsker } from "./opening-relay.ts";
import { readBatch, type BatchContent } from "./passkey-calls.ts";
import type { Rpc } from "./rpc.ts";

/** A batch with the assertion of its account's passkey. */
export interface SignedBatch {
  /** The passkey with which the account began, and who may recover it: its address follows from both. */
  readonly point: PasskeyPoint;
  readonly recovery: string;
  readonly batch: AccountBatch;
  readonly assertion: PasskeyAssertion;
}

/** A batch that was looked at. */
export interface CheckedBatch extends BatchContent {
  readonly account: string;
  readonly signed: SignedBatch;
}

/** What became of a batch; `txHash` and `callId` are `null` where it was carried out before. */
export interface BroughtBatch {
  readonly account: string;
  readonly status: "done" | "sent";
  readonly txHash: string | null;
  readonly callId: string | null;
  /** The session that it opened; `null`: none. */
  readonly sessionId: string | null;
}

/** Brings what passkeys have signed to the chain at the service's expense, and creates their accounts where they are missing. */
export interface PasskeyBatches {
  /**
   * Checks everything that needs no simulation.
   * @param origin Of the page that may ask for assertions.
   * @throws PASSKEY_ASSERTION_INVALID, PASSKEY_CALL_REFUSED, CHAIN_UNAVAILABLE
   */
  check(signed: SignedBatch, origin: string): Promise<CheckedBatch>;
  /**
   * @param asker as in `OpeningRelay`; admitted with the session that is opened, if one is.
   * @throws OPENING_REFUSED, ORDER_REFUSED, RELAY_AMOUNT_TOO_SMALL, what `admit` throws, and what `RelayDesk.relay` throws
   */
  bring(
    checked: CheckedBatch,
    asker: Pick<RelayAsker, "client"> & { readonly admit: (sessionId: string | null) => Promise<void> },
  ): Promise<BroughtBatch>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);

/** @returns `null` where the deployment has no such accounts. */
export function createPasskeyBatches(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
  readonly relayChain: RelayChain;
  readonly relay: RelayDesk;
  /** Below this the gas costs more than the call is worth, in 10⁻⁶ token. */
  readonly leastHoldMicro: bigint;
}): PasskeyBatches | null {
  const { rpc, deployment, interfaces, relayChain, relay, leastHoldMicro } = deps;
  const { passkeyAccounts } = interfaces;
  const factory = deployment.ways?.passkeyAccounts;
  if (factory === undefined) return null;

  async function accountOf({ point: { x, y }, recovery }: SignedBatch): Promise<string> {
    const data = passkeyAccounts.encodeFunctionData("addressOf", [x, y, recovery]);
    const answer = await rpc.request("eth_call", [{ to: factory, data }, "latest"], hex);
    return getAddress(z.string().parse(passkeyAccounts.decodeFunctionResult("addressOf", answer)[0]));
  }

  async function requireWorth({ movedMicro, movedTokens, mayMoveNothing }: BatchContent): Promise<void> {
    if (movedMicro >= leastHoldMicro || mayMoveNothing) return;
    if (movedTokens < leastHoldMicro * (await relayChain.readUnit())) throw tooSmall(leastHoldMicro);
  }

  return {
    async check(signed, origin) {
      const { point, batch, assertion } = signed;
      if (!isP256Point(point)) throw new WattproofError("PASSKEY_ASSERTION_INVALID", "point");
      const account = await accountOf(signed);
      const challenge = batchDigestOf(batch, { chainId: deployment.chainId, account });
      const fault = findAssertionFault(assertion, { challenge, origin });
      if (fault !== null) throw new WattproofError("PASSKEY_ASSERTION_INVALID", fault);
      return { account, signed, ...readBatch(batch, account, deployment, interfaces) };
    },
    async bring(checked, { client, admit }) {
      const { account, opening, signed } = checked;
      const sessionId = opening === null ? null : sessionIdOf(opening, relayChain.chain.domain);
      const refusal = opening === null ? "ORDER_REFUSED" : "OPENING_REFUSED";
      const { point, recovery, batch, assertion } = signed;
      const values = [point.x, point.y, recovery, batch.calls, batch.nonce, batch.deadline, encodeAssertion(assertion)];
      const calldata = passkeyAccounts.encodeFunctionData("createAndExecute", values);
      const call: Pick<RelayedCall, "kind" | "target" | "calldata"> = {
        ...{ kind: "passkey-batch", target: "passkeyAccounts", calldata },
      };
      const state = await relayChain.judge(call);
      if (state.kind === "done") return { account, status: "done", txHash: null, callId: null, sessionId };
      if (state.kind === "refused") throw new WattproofError(refusal, state.reason);
      await requireWorth(checked);
      await admit(sessionId);
      // Its nonce is used up by one of two batches.
      const subject = `passkey:${account.toLowerCase()}`;
      const answer = await relay.relay({ ...call, driver: account, client, payer: account, subject });
      const { status, txHash, callId, code } = answer;
      if (status === "failed") throw new WattproofError(refusal, code ?? "UNKNOWN");
      return { account, status, txHash, callId, sessionId };
    },
  };
}
