import { z } from "zod";

import { WattproofError, type ErrorCode } from "../errors.ts";
import type { RelayAccount, RelayedCall, RelayOutcome } from "./relay-account.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** `done`: mined, and the contract did it; `sent`: on its way, and may still be replaced. */
export interface RelayedCallResult {
  readonly status: "done" | "sent";
  readonly txHash: string;
}

/** Sends single calls that drivers have signed, several in a turn. */
export interface RelayedCalls {
  /**
   * @param admit is called once the contract has said that it would do it, signatures included, and before anything is
   *   sent; what it throws is thrown.
   * @throws a refusal with the contract's reason as its detail; RELAY_UNAVAILABLE, SERVICE_OVERLOADED, CHAIN_UNAVAILABLE
   */
  send(call: RelayedCall, refusal: ErrorCode, admit: () => Promise<void>): Promise<RelayedCallResult>;
}

interface WaitingCall {
  readonly call: RelayedCall;
  readonly answer: PromiseWithResolvers<RelayOutcome>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
/** As many as a block takes easily: each is below 400,000 gas. */
const callsPerTurn = 16;

/** A call is asked of the contract before it is sent, so that only what would be done costs gas. */
export function createRelayedCalls(deps: {
  readonly rpc: Rpc;
  readonly account: RelayAccount;
  /** What the contract's answer means: a code. */
  readonly reasonOf: (revertData: string | null) => string;
  readonly queueLimit: number;
  readonly signal: AbortSignal;
}): RelayedCalls {
  const { rpc, account, signal } = deps;
  const waiting: WaitingCall[] = [];
  let isSending = false;

  async function findReason(call: RelayedCall): Promise<string | null> {
    try {
      await rpc.request("eth_call", [{ from: account.address, to: call.to, data: call.data }, "latest"], hex);
      return null;
    } catch (error) {
      if (error instanceof RpcRefusal) return deps.reasonOf(error.revertData);
      throw error;
    }
  }

  async function sendWaiting(): Promise<void> {
    const taken = waiting.splice(0, callsPerTurn);
    try {
      const outcomes = await account.send(taken.map(({ call }) => call));
      for (const [index, { answer }] of taken.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) answer.reject(new WattproofError("INTERNAL", "A call has no outcome."));
        else answer.resolve(outcome);
      }
    } catch (error) {
      for (const { answer } of taken) answer.reject(error);
    }
  }

  async function sendAll(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0 && !signal.aborted) await sendWaiting();
    isSending = false;
    for (const { answer } of waiting.splice(0)) {
      answer.reject(new WattproofError("RELAY_UNAVAILABLE", "The service is stopping."));
    }
  }

  return {
    async send(call, refusal, admit) {
      const reason = await findReason(call);
      if (reason !== null) throw new WattproofError(refusal, reason);
      await admit();
      if (waiting.length >= deps.queueLimit) {
        throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${deps.queueLimit} calls at once.`);
      }
      const answer = Promise.withResolvers<RelayOutcome>();
      waiting.push({ call, answer });
      void sendAll();
      const outcome = await answer.promise;
      if (outcome.kind === "sent" && outcome.mined === null) return { status: "sent", txHash: outcome.txHash };
      if (outcome.kind === "sent" && outcome.mined?.isSuccess === true) {
        return { status: "done", txHash: outcome.txHash };
      }
      // Something came between the question and the block; the contract says what, or the driver tries again.
      const later = await findReason(call);
      if (later !== null) throw new WattproofError(refusal, later);
      throw new WattproofError("RELAY_UNAVAILABLE", "The chain did not take the call; try again.", {
        cause: outcome.kind === "refused" ? outcome.refusal : undefined,
      });
    },
  };
}
