import type { Interface } from "ethers";
import { Signature, getAddress, recoverAddress } from "ethers";

import { readNewWalletSignature } from "./new-wallet-signature.ts";
import { sessionIdOf, type SessionTerms } from "../domain/terms.ts";
import type { VehicleConsent } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";
import type { RelayChain } from "../relay/relay-chain.ts";
import type { RelayAnswer, RelayDesk } from "../relay/relay-desk.ts";
import type { RelayedCall } from "../store/relay.ts";

/** Terms that a driver has signed, to be brought to the chain by somebody else. */
export interface SignedTerms {
  readonly terms: SessionTerms;
  /**
   * r, s, v: 65 bytes; what a wallet that is a contract takes (ERC-1271); or the same in the form of ERC-6492. `0x` and
   * hexadecimal digits.
   */
  readonly signature: string;
}

/** Who wants something brought to the chain. */
export interface RelayAsker {
  /** The client that the request came from, see `ClientAddresses`. */
  readonly client: string;
  /** Called before anything is sent, and after it is sure who has signed; what it throws is thrown. */
  readonly admit: (sessionId: string) => Promise<void>;
}

/** Where a relayed opening is. */
export interface RelayedOpening {
  readonly sessionId: string;
  /** `sent`: it is kept and on its way; `open`: the session is live. */
  readonly status: "open" | "sent";
  /** `null` where the session was open before, or nothing is signed yet. */
  readonly txHash: string | null;
  /** Under which it can be looked up; `null` where the session was open before. */
  readonly callId: string | null;
}

/** Brings signed terms to the chain at the service's expense. The same terms twice open one session. */
export interface OpeningRelay {
  /** The account that pays the gas. */
  readonly account: string;
  /**
   * @param asker Who asks; `admit` is called once it is sure that the driver has signed and the contract would open.
   * @throws OPENING_REFUSED, RELAY_AMOUNT_TOO_SMALL, what `admit` throws, and what `RelayDesk.relay` throws
   */
  open(signed: SignedTerms, asker: RelayAsker): Promise<RelayedOpening>;
  /** The same by a vehicle's key, within a consent that the chain knows. @throws as `open` does */
  openByVehicle(signed: SignedTerms & { readonly consent: VehicleConsent }, asker: RelayAsker): Promise<RelayedOpening>;
  /** Below this nothing is opened, in micro-tokens (1e-6). */
  readonly leastHoldMicro: bigint;
  /** How many of the token's smallest units a micro-token has. @throws CHAIN_UNAVAILABLE */
  readUnit(): Promise<bigint>;
}

/** Openings by plain signatures that wait go into one transaction together; those of contracts go alone. */
export function createOpeningRelay(deps: {
  readonly relayChain: RelayChain;
  readonly settlement: Interface;
  readonly consents: Interface;
  /** Deploys wallets and opens; `null` where the deployment is without: then only wallets that exist open. */
  readonly walletOpenings: Interface | null;
  readonly relay: RelayDesk;
  /** Below this the gas costs more than the charge is worth, in 10⁻⁶ token. */
  readonly leastHoldMicro: bigint;
}): OpeningRelay {
  const { relayChain, settlement, consents, relay, walletOpenings, leastHoldMicro } = deps;

  function callOf({ terms, signature }: SignedTerms) {
    const created = readNewWalletSignature(signature);
    if (created !== null && walletOpenings !== null) {
      const values = [created.factory, created.factoryCalldata, terms, created.signature];
      const calldata = walletOpenings.encodeFunctionData("createAndOpen", values);
      return { kind: "new-wallet-opening", target: "walletOpenings", calldata } as const;
    }
    // Whoever has a key is read from the signature; a wallet that is a contract is asked with everything else.
    const sessionId = sessionIdOf(terms, relayChain.chain.domain);
    const isPlain = signerOf(sessionId, signature) === getAddress(terms.driver);
    const calldata = settlement.encodeFunctionData("openSigned", [terms, created?.signature ?? signature]);
    return { kind: isPlain ? "opening" : "wallet-opening", target: "chargingSettlement", calldata } as const;
  }

  async function bring(
    terms: SessionTerms,
    call: Pick<RelayedCall, "kind" | "target" | "calldata">,
    { client, admit }: RelayAsker,
  ): Promise<RelayedOpening> {
    const sessionId = sessionIdOf(terms, relayChain.chain.domain);
    const state = await relayChain.judge(call);
    if (state.kind === "done") return { sessionId, status: "open", txHash: null, callId: null };
    if (state.kind === "refused") throw new WattproofError("OPENING_REFUSED", state.reason);
    if (terms.holdMicro < leastHoldMicro) throw tooSmall(leastHoldMicro);
    await admit(sessionId);
    const { driver } = terms;
    const answer = await relay.relay({ ...call, driver, client, payer: driver, subject: accountOf(terms) });
    return openingOf(sessionId, answer);
  }

  return {
    account: relay.account,
    leastHoldMicro,
    open: (signed, asker) => bring(signed.terms, callOf(signed), asker),
    openByVehicle({ consent, terms, signature }, asker) {
      const calldata = consents.encodeFunctionData("openByVehicle", [consent, terms, signature]);
      return bring(terms, { kind: "vehicle-opening", target: "vehicleConsents", calldata }, asker);
    },
    readUnit: () => relayChain.readUnit(),
  };
}

/** What two calls for the same account must not change at once: its nonce is used up by one of them. */
export function accountOf({ driver, lane }: { readonly driver: string; readonly lane: number }): string {
  return `${driver.toLowerCase()}:${lane}`;
}

/** What the gas would cost more than is at stake. */
export function tooSmall(leastMicro: bigint): WattproofError {
  return new WattproofError("RELAY_AMOUNT_TOO_SMALL", `The least is ${leastMicro} · 10⁻⁶ token.`);
}

/** @throws OPENING_REFUSED if it failed */
export function openingOf(sessionId: string, { status, txHash, callId, code }: RelayAnswer): RelayedOpening {
  if (status === "failed") throw new WattproofError("OPENING_REFUSED", code ?? "UNKNOWN");
  return { sessionId, status: status === "done" ? "open" : "sent", txHash, callId };
}

function signerOf(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, Signature.from(signature));
  } catch {
    // A signature that belongs to nobody is as wrong as one of somebody else.
    return null;
  }
}
