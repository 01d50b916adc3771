import type { Interface, SigningKey } from "ethers";
import { getAddress, toQuantity } from "ethers";
import { z } from "zod";

import { sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import type { VehicleConsent } from "../domain/vehicle-consent.ts";
import { consentIdOf } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";
import type { Deployment } from "./deployment.ts";
import { openingRefusalOf } from "./refusals.ts";
import type { RelayAccount } from "./relay-account.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** What the operator decides about a session; the rest is the consent's and the chain's. */
export type OfferedTerms = Omit<SessionTerms, "driver" | "lane" | "nonce" | "expiresAt">;

/** A session as a fleet's key has signed it. */
export interface VehicleOpening {
  readonly sessionId: string;
  readonly consent: VehicleConsent;
  readonly terms: SessionTerms;
  readonly signature: string;
  /** The newest block when it was signed: if it was opened, then after it. */
  readonly blockNumber: number;
}

/** `refused`: the contract would not open it now, for this reason. `sent`: on its way. */
export type VehicleOpeningOutcome =
  { readonly kind: "open" } | { readonly kind: "sent" } | { readonly kind: "refused"; readonly reason: string };

/**
 * Opens sessions by keys of fleets, within the consents of their drivers. A remote signer would take the place of the keys
 * alone: all it does is to sign a session id.
 */
export interface VehicleOpenings {
  /** Whether a key that is held here can sign for the consent. */
  canSign(consent: VehicleConsent): boolean;
  readConsentStatus(consent: VehicleConsent): Promise<"none" | "granted" | "revoked">;
  /** Signs a session as the consent's account can open it next. Nothing is sent. */
  sign(consent: VehicleConsent, offered: OfferedTerms, sessionSeconds: number): Promise<VehicleOpening>;
  /** Why the contract would not open it at the newest block: a code; `null` if it would. */
  findRefusal(opening: VehicleOpening): Promise<string | null>;
  /** Sends it. The same again opens nothing again, because its nonce is used up. @throws RELAY_UNAVAILABLE */
  send(opening: VehicleOpening): Promise<VehicleOpeningOutcome>;
  /** `open`: it was opened. `pending`: it can still be. `void`: its nonce went elsewhere. */
  readState(opening: VehicleOpening): Promise<"open" | "pending" | "void">;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const headSchema = z.object({ number: quantity, timestamp: quantity });
const small = z.bigint().transform(Number);
const statuses = ["none", "granted", "revoked"] as const;
const openingsPerTurn = 16;
/** Openings are looked for in the blocks of some minutes; more of them say that something else is wrong. */
const pageLimit = 64;

export function createVehicleOpenings(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly settlement: Interface;
  readonly consents: Interface;
  readonly account: RelayAccount;
  readonly fleets: readonly { readonly address: string; readonly signingKey: SigningKey }[];
  /** Most blocks in one query for events. */
  readonly blockRange: number;
}): VehicleOpenings {
  const { rpc, deployment, settlement, consents, account, blockRange } = deps;
  const { chargingSettlement, vehicleConsents } = deployment.contracts;
  const domain = { chainId: deployment.chainId, verifyingContract: chargingSettlement };
  const keys = new Map(deps.fleets.map(({ address, signingKey }) => [address.toLowerCase(), signingKey]));
  const waiting: { readonly opening: VehicleOpening; readonly answer: PromiseWithResolvers<VehicleOpeningOutcome> }[] =
    [];
  let isSending = false;

  async function call(
    to: string,
    abi: Interface,
    name: string,
    parameters: readonly unknown[],
  ): Promise<readonly unknown[]> {
    const data = abi.encodeFunctionData(name, parameters);
    try {
      const answer = await rpc.request("eth_call", [{ to, data }, "latest"], hex);
      const values: readonly unknown[] = abi.decodeFunctionResult(name, answer).toArray();
      return values;
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint refused the call ${name}.`, { cause: error });
    }
  }

  const readHead = () => rpc.request("eth_getBlockByNumber", ["latest", false], headSchema);

  async function readNonce({ driver, lane }: Pick<VehicleConsent, "driver" | "lane">): Promise<number> {
    const [, nonce] = await call(chargingSettlement, settlement, "accountOf", [driver, lane]);
    return small.parse(nonce);
  }

  const callOf = ({ consent, terms, signature }: VehicleOpening) => ({
    to: vehicleConsents,
    data: consents.encodeFunctionData("openByVehicle", [consent, terms, signature]),
  });

  /** @throws CHAIN_UNAVAILABLE where the contract did not say why */
  function reasonOf(refusal: RpcRefusal): string {
    const { revertData } = refusal;
    const error = revertData === null ? null : (consents.parseError(revertData) ?? settlement.parseError(revertData));
    if (error === null) {
      throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint refused the opening and did not say why.", {
        cause: refusal,
      });
    }
    if (error.name === "OpeningRefused") return openingRefusalOf(z.bigint().parse(error.args.getValue("reason")));
    if (error.name === "ConsentNotGranted") {
      const status = statuses[small.parse(error.args.getValue("status"))];
      return status === "revoked" ? "CONSENT_REVOKED" : "CONSENT_NOT_GRANTED";
    }
    return error.name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  }

  async function findRefusal(opening: VehicleOpening): Promise<string | null> {
    try {
      await rpc.request("eth_call", [{ from: account.address, ...callOf(opening) }, "latest"], hex);
      return null;
    } catch (error) {
      if (error instanceof RpcRefusal) return reasonOf(error);
      throw error;
    }
  }

  async function wasOpened({ sessionId, blockNumber }: VehicleOpening): Promise<boolean> {
    const { number: newest } = await readHead();
    const topics = [settlement.getEvent("SessionOpened")?.topicHash ?? null, sessionId];
    // One block earlier, because a chain that was cut back may have opened it there.
    let from = Math.max(0, blockNumber - 1);
    for (let pages = 0; pages < pageLimit && from <= newest; pages += 1) {
      const to = Math.min(newest, from + blockRange - 1);
      const query = { address: chargingSettlement, topics, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
      if ((await rpc.request("eth_getLogs", [query], z.array(z.unknown()))).length > 0) return true;
      from = to + 1;
    }
    if (from <= newest) throw new WattproofError("CHAIN_UNAVAILABLE", "Too many blocks to look through.");
    return false;
  }

  async function readState(opening: VehicleOpening): Promise<"open" | "pending" | "void"> {
    const [isLive] = await call(chargingSettlement, settlement, "isLive", [opening.terms, 0n]);
    if (isLive === true) return "open";
    if ((await readNonce(opening.terms)) === opening.terms.nonce) return "pending";
    return (await wasOpened(opening)) ? "open" : "void";
  }

  async function conclude(opening: VehicleOpening, isMined: boolean): Promise<VehicleOpeningOutcome> {
    if ((await readState(opening)) === "open") return { kind: "open" };
    if (!isMined) return { kind: "sent" };
    const reason = await findRefusal(opening);
    // It failed where it was mined and would not now: it is tried again.
    return reason === null ? { kind: "sent" } : { kind: "refused", reason };
  }

  async function sendWaiting(): Promise<void> {
    const taken = waiting.splice(0, openingsPerTurn);
    try {
      const outcomes = await account.send(taken.map(({ opening }) => callOf(opening)));
      await Promise.all(
        taken.map(async ({ opening, answer }, index) => {
          const outcome = outcomes[index];
          try {
            if (outcome?.kind === "sent") answer.resolve(await conclude(opening, outcome.mined !== null));
            else if (outcome === undefined) throw new WattproofError("INTERNAL", "A call has no outcome.");
            else answer.resolve(await refusedOf(opening, outcome.refusal));
          } catch (error) {
            answer.reject(error);
          }
        }),
      );
    } catch (error) {
      for (const { answer } of taken) answer.reject(error);
    }
  }

  /** What the endpoint did not take was refused by the contract, or by the endpoint for the account's sake. */
  async function refusedOf(opening: VehicleOpening, refusal: RpcRefusal): Promise<VehicleOpeningOutcome> {
    if ((await readState(opening)) === "open") return { kind: "open" };
    const reason = await findRefusal(opening);
    if (reason !== null) return { kind: "refused", reason };
    throw new WattproofError("RELAY_UNAVAILABLE", "The chain's endpoint did not take the transaction.", {
      cause: refusal,
    });
  }

  async function sendAll(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) await sendWaiting();
    isSending = false;
  }

  return {
    canSign: ({ vehicleKey }) => keys.has(vehicleKey.toLowerCase()),
    async readConsentStatus(consent) {
      const [status] = await call(vehicleConsents, consents, "statusOf", [consentIdOf(consent)]);
      return statuses[small.parse(status)] ?? "none";
    },
    async sign(consent, offered, sessionSeconds) {
      const signingKey = keys.get(consent.vehicleKey.toLowerCase());
      if (signingKey === undefined) {
        throw new WattproofError("FLEET_KEY_UNKNOWN", "The consent's vehicle key is none of those held here.");
      }
      const { number: blockNumber, timestamp } = await readHead();
      const { driver, lane } = consent;
      const nonce = await readNonce(consent);
      const terms = { ...offered, driver: getAddress(driver), lane, nonce, expiresAt: timestamp + sessionSeconds };
      const sessionId = sessionIdOf(terms, domain);
      return { sessionId, consent, terms, signature: signingKey.sign(sessionId).serialized, blockNumber };
    },
    findRefusal,
    send(opening) {
      const answer = Promise.withResolvers<VehicleOpeningOutcome>();
      waiting.push({ opening, answer });
      void sendAll();
      return answer.promise;
    },
    readState,
  };
}
