import { Interface, TypedDataEncoder, ZeroHash, id, type TypedDataDomain } from "ethers";
import { z } from "zod";

import { permitTypes, transferTypes } from "../../../domain/token-signatures.ts";
import { ChainUnreachableError, type ChainAccess } from "./chain-access.ts";
import { signingTokenInterface } from "./contracts.ts";

/** What the token lets its owner do by a signature. */
export interface TokenAbilities {
  /** In which the token takes signatures; its separator was compared with the token's own. */
  readonly domain: TypedDataDomain;
  /** The owner's next nonce for permits (ERC-2612); `null` if the token takes none. */
  readonly permitNonce: bigint | null;
  /** The token takes authorisations of transfers (ERC-3009). */
  readonly takesAuthorizations: boolean;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
/** Tokens that are older than ERC-5267 tell their version so, or have the version that most have. */
const versionInterface = new Interface(["function version() view returns (string)"]);
const usualVersion = "1";
/** A token whose permits have another form says so here; not all tokens have it. */
const permitTypeInterface = new Interface(["function PERMIT_TYPEHASH() view returns (bytes32)"]);
const permitType = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

/**
 * Finds out what a token can do, by asking it. Nothing is supposed: a separator that is not that of the name and version
 * that the token gives means that a signature would be worthless, so none is asked for.
 * @returns `null` if the token takes no signatures that the page knows how to make.
 */
export async function readTokenAbilities(
  chain: ChainAccess,
  chainId: number,
  erc20: string,
  owner: string,
): Promise<TokenAbilities | null> {
  async function ask(
    abi: Interface,
    name: string,
    values: readonly unknown[] = [],
  ): Promise<readonly unknown[] | null> {
    const data = abi.encodeFunctionData(name, values);
    try {
      const answer = hex.parse(await chain.request("eth_call", [{ to: erc20, data }, "latest"]));
      return abi.decodeFunctionResult(name, answer).toArray() as readonly unknown[];
    } catch (error) {
      // A token that does not have the function refuses, or answers nothing: that is the answer.
      if (error instanceof ChainUnreachableError) throw error;
      return null;
    }
  }

  const separator = (await ask(signingTokenInterface, "DOMAIN_SEPARATOR"))?.[0];
  if (typeof separator !== "string") return null;
  const told = await ask(signingTokenInterface, "eip712Domain");
  const name = told?.[1] ?? (await ask(signingTokenInterface, "name"))?.[0];
  const version = told?.[2] ?? (await ask(versionInterface, "version"))?.[0] ?? usualVersion;
  if (typeof name !== "string" || typeof version !== "string") return null;
  const domain = { name, version, chainId, verifyingContract: erc20 };
  if (TypedDataEncoder.hashDomain(domain) !== separator) return null;

  const permitNonce = (await ask(signingTokenInterface, "nonces", [owner]))?.[0];
  const statedType = (await ask(permitTypeInterface, "PERMIT_TYPEHASH"))?.[0] ?? id(permitType);
  const state = (await ask(signingTokenInterface, "authorizationState", [owner, ZeroHash]))?.[0];
  return {
    domain,
    permitNonce: typeof permitNonce === "bigint" && statedType === id(permitType) ? permitNonce : null,
    takesAuthorizations: typeof state === "boolean",
  };
}

/** What an account with a key has that lets a contract act for it (EIP-7702): this and the contract's address. */
const delegation = "0xef0100";

/** Whether an account has a key, whose signatures every token takes; those of a contract are taken by few. */
export async function hasKey(chain: ChainAccess, account: string): Promise<boolean> {
  const code = hex.parse(await chain.request("eth_getCode", [account, "latest"]));
  return code === "0x" || code.toLowerCase().startsWith(delegation);
}

/** An allowance of exactly `value`, as a wallet shows and signs it. */
export function typedPermitOf(
  domain: TypedDataDomain,
  permit: {
    readonly owner: string;
    readonly spender: string;
    readonly value: bigint;
    readonly nonce: bigint;
    readonly deadline: number;
  },
): unknown {
  return TypedDataEncoder.getPayload(domain, permitTypes, permit);
}

/** A transfer that is good for one session alone, as a wallet shows and signs it. */
export function typedTransferOf(
  domain: TypedDataDomain,
  transfer: {
    readonly from: string;
    readonly to: string;
    readonly value: bigint;
    readonly validAfter: number;
    readonly validBefore: number;
    /** The session id. */
    readonly nonce: string;
  },
): unknown {
  return TypedDataEncoder.getPayload(domain, transferTypes, transfer);
}
