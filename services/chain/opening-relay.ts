import type { Interface } from "ethers";
import { Signature, getAddress, recoverAddress } from "ethers";
import { z } from "zod";

import { packTerms, sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { Deployment } from "./deployment.ts";
import { openingRefusalOf } from "./refusals.ts";
import type { RelayAccount } from "./relay-account.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** Terms that a driver has signed, to be brought to the chain by somebody else. */
export interface SignedTerms {
  readonly terms: SessionTerms;
  /** r, s, v: 65 bytes, `0x` and hexadecimal digits. */
  readonly signature: string;
}

/** Where a relayed opening is. */
export interface RelayedOpening {
  readonly sessionId: string;
  /** `sent`: the transaction is on its way and may still be replaced; `open`: the session is live. */
  readonly status: "open" | "sent";
  /** `null` where the session was open before. */
  readonly txHash: string | null;
}

/** Brings signed terms to the chain at the service's expense. The same terms twice open one session. */
export interface OpeningRelay {
  /** The account that pays the gas. */
  readonly account: string;
  /**
   * @param admit is called once it is sure that the driver has signed and the contract would open, and before anything
   *   is sent; what it throws is thrown.
   * @throws OPENING_REFUSED, RELAY_UNAVAILABLE, CHAIN_UNAVAILABLE
   */
  open(signed: SignedTerms, admit: (sessionId: string) => Promise<void>): Promise<RelayedOpening>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const refusalArguments = z.object({ reason: z.bigint(), actual: z.bigint(), limit: z.bigint() });

const openingsPerTransaction = 50;

/** One transaction at a time: what comes while one is on its way goes into the next together. */
export function createOpeningRelay(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly settlement: Interface;
  readonly account: RelayAccount;
  readonly queueLimit: number;
  readonly signal: AbortSignal;
}): OpeningRelay {
  const { rpc, deployment, settlement, account, signal } = deps;
  const address = deployment.contracts.chargingSettlement;
  const domain = { chainId: deployment.chainId, verifyingContract: address };
  const waiting: { readonly signed: SignedTerms; readonly answer: PromiseWithResolvers<RelayedOpening> }[] = [];
  let isSending = false;

  async function isLive(terms: SessionTerms): Promise<boolean> {
    const data = settlement.encodeFunctionData("isLive", [terms, 0n]);
    const answer = await rpc.request("eth_call", [{ to: address, data }, "latest"], hex);
    return z.boolean().parse(settlement.decodeFunctionResult("isLive", answer)[0]);
  }

  /** The contract's own checks, as if the driver sent the terms; the signature is checked before. */
  async function simulate(terms: SessionTerms): Promise<void> {
    const data = settlement.encodeFunctionData("open", [terms]);
    try {
      await rpc.request("eth_call", [{ from: terms.driver, to: address, data }, "latest"], hex);
    } catch (error) {
      if (error instanceof RpcRefusal) throw new WattproofError("OPENING_REFUSED", refusalOf(settlement, error));
      throw error;
    }
  }

  async function sendWaiting(): Promise<void> {
    const taken = waiting.splice(0, openingsPerTransaction);
    try {
      const data = settlement.encodeFunctionData("openBatch", [groupsOf(taken.map(({ signed }) => signed))]);
      const [outcome] = await account.send([{ to: address, data }]);
      if (outcome?.kind !== "sent") throw outcome?.refusal ?? new WattproofError("INTERNAL", "Nothing was sent.");
      const { txHash, mined } = outcome;
      for (const { signed, answer } of taken) {
        const sessionId = sessionIdOf(signed.terms, domain);
        if (mined === null) answer.resolve({ sessionId, status: "sent", txHash });
        else if (await isLive(signed.terms)) answer.resolve({ sessionId, status: "open", txHash });
        else answer.reject(new WattproofError("OPENING_REFUSED", skipOf(settlement, mined.logs, sessionId)));
      }
    } catch (error) {
      const known =
        error instanceof RpcRefusal
          ? new WattproofError("RELAY_UNAVAILABLE", "The chain's endpoint did not take the transaction.", {
              cause: error,
            })
          : error;
      for (const { answer } of taken) answer.reject(known);
    }
  }

  async function sendAll(): Promise<void> {
    if (isSending) return;
    isSending = true;
    try {
      while (waiting.length > 0 && !signal.aborted) await sendWaiting();
    } finally {
      isSending = false;
    }
  }

  return {
    account: account.address,
    async open(signed, admit) {
      const { terms } = signed;
      const sessionId = sessionIdOf(terms, domain);
      if (signerOf(sessionId, signed.signature) !== getAddress(terms.driver)) {
        throw new WattproofError("OPENING_REFUSED", "SIGNATURE_INVALID");
      }
      if (await isLive(terms)) return { sessionId, status: "open", txHash: null };
      await simulate(terms);
      await admit(sessionId);
      if (waiting.length >= deps.queueLimit) {
        throw new WattproofError("SERVICE_OVERLOADED", `The limit is ${deps.queueLimit} openings at once.`);
      }
      const answer = Promise.withResolvers<RelayedOpening>();
      waiting.push({ signed, answer });
      void sendAll();
      return answer.promise;
    },
  };
}

function groupsOf(openings: readonly SignedTerms[]): readonly unknown[] {
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

function signerOf(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, Signature.from(signature));
  } catch {
    // A signature that belongs to nobody is as wrong as one of somebody else.
    return null;
  }
}

function refusalOf(settlement: Interface, refusal: RpcRefusal): string {
  const error = refusal.revertData === null ? null : settlement.parseError(refusal.revertData);
  if (error?.name !== "OpeningRefused") return error?.name ?? "UNKNOWN";
  const { reason } = refusalArguments.parse(error.args.toObject());
  return openingRefusalOf(reason);
}

function skipOf(
  settlement: Interface,
  logs: readonly { readonly topics: readonly string[]; readonly data: string }[],
  sessionId: string,
): string {
  for (const log of logs) {
    const event = settlement.parseLog(log);
    if (event?.name !== "OpeningSkipped") continue;
    const { reason } = refusalArguments.parse(event.args.toObject());
    if (event.args.getValue("sessionId") === sessionId) return openingRefusalOf(reason);
  }
  return "UNKNOWN";
}
