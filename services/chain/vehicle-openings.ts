import type { Interface, SigningKey } from "ethers";
import { getAddress, toQuantity } from "ethers";
import { z } from "zod";

import { sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import type { VehicleConsent } from "../domain/vehicle-consent.ts";
import { consentIdOf } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";
import type { RelayChain } from "../relay/relay-chain.ts";
import type { RelayDesk } from "../relay/relay-desk.ts";
import type { RelayedCall } from "../store/relay.ts";
import type { Deployment } from "./deployment.ts";
import { createCompleteLogs } from "./complete-logs.ts";
import { accountOf } from "./opening-relay.ts";
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
  /**
   * `open`: it was opened. `pending`: it can still be. `void`: its nonce went elsewhere.
   * @throws CHAIN_EVENTS_MISSING, CHAIN_UNAVAILABLE while that cannot be known
   */
  readState(opening: VehicleOpening): Promise<"open" | "pending" | "void">;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = hex.transform(Number);
const headSchema = z.object({ number: quantity, hash: hex, timestamp: quantity });
const small = z.bigint().transform(Number);
const statuses = ["none", "granted", "revoked"] as const;
/** Openings are looked for in the blocks of some minutes; more of them say that something else is wrong. */
const pageLimit = 64;

export function createVehicleOpenings(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly settlement: Interface;
  readonly consents: Interface;
  readonly relayChain: RelayChain;
  readonly relay: RelayDesk;
  readonly fleets: readonly { readonly address: string; readonly signingKey: SigningKey }[];
  /** Most blocks that are looked through at once. */
  readonly blockRange: number;
}): VehicleOpenings {
  const { rpc, deployment, settlement, consents, relayChain, relay, blockRange } = deps;
  const { chargingSettlement, vehicleConsents } = deployment.contracts;
  const domain = { chainId: deployment.chainId, verifyingContract: chargingSettlement };
  const completeLogs = createCompleteLogs(rpc, [chargingSettlement]);
  const keys = new Map(deps.fleets.map(({ address, signingKey }) => [address.toLowerCase(), signingKey]));

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

  async function readBlock(tag: string): Promise<z.output<typeof headSchema>> {
    const block = await rpc.request("eth_getBlockByNumber", [tag, false], headSchema.nullable());
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${tag}.`);
    return block;
  }
  const readHead = () => readBlock("latest");

  async function readNonce({ driver, lane }: Pick<VehicleConsent, "driver" | "lane">): Promise<number> {
    const [, nonce] = await call(chargingSettlement, settlement, "accountOf", [driver, lane]);
    return small.parse(nonce);
  }

  const callOf = ({
    consent,
    terms,
    signature,
  }: VehicleOpening): Pick<RelayedCall, "kind" | "target" | "calldata"> => ({
    kind: "vehicle-opening",
    target: "vehicleConsents",
    calldata: consents.encodeFunctionData("openByVehicle", [consent, terms, signature]),
  });

  async function findRefusal(opening: VehicleOpening): Promise<string | null> {
    const state = await relayChain.judge(callOf(opening));
    return state.kind === "refused" ? state.reason : null;
  }

  /**
   * By blocks that are known to be read whole: an endpoint that leaves the event out would make a session void that its
   * driver's hold pays for.
   */
  async function wasOpened({ sessionId, blockNumber }: VehicleOpening): Promise<boolean> {
    const { number: newest } = await readHead();
    const topic = settlement.getEvent("SessionOpened")?.topicHash;
    // One block earlier, because a chain that was cut back may have opened it there.
    let from = Math.max(0, blockNumber - 1);
    let parentHash: string | null = null;
    for (let pages = 0; pages < pageLimit && from <= newest; pages += 1) {
      const to: { readonly number: number; readonly hash: string } = await readBlock(
        toQuantity(Math.min(newest, from + blockRange - 1)),
      );
      const reading = await completeLogs.readLogs(from, to, parentHash);
      if (reading === null) throw new WattproofError("CHAIN_UNAVAILABLE", "The chain changed while it was read.");
      if (reading.logs.some(({ topics }) => topics[0] === topic && topics[1] === sessionId)) return true;
      from = to.number + 1;
      parentHash = to.hash;
    }
    if (from <= newest) throw new WattproofError("CHAIN_UNAVAILABLE", "Too many blocks to look through.");
    return false;
  }

  async function readState(opening: VehicleOpening): Promise<"open" | "pending" | "void"> {
    if ((await readNonce(opening.terms)) === opening.terms.nonce) return "pending";
    return (await wasOpened(opening)) ? "open" : "void";
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
    async send(opening) {
      const { consent, terms } = opening;
      const subject = accountOf(terms);
      // A fleet has one account of a driver and a lane for each vehicle, so each lane has the budget of a driver.
      const call = { ...callOf(opening), driver: consent.driver, client: null, payer: subject, subject };
      const { status, code } = await relay.relay(call);
      if (status === "done" || (await readState(opening)) === "open") return { kind: "open" };
      // It failed where it was mined and would not now: it is tried again.
      if (status === "sent" || code === "REVERTED") return { kind: "sent" };
      return { kind: "refused", reason: code ?? "UNKNOWN" };
    },
    readState,
  };
}
