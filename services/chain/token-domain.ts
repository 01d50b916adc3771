import { Interface, TypedDataEncoder } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";

/** What the signatures of EIP-712 that a token takes name it. */
export interface TokenDomain {
  readonly name: string;
  readonly version: string;
}

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const token = new Interface([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
  "function name() view returns (string)",
  "function version() view returns (string)",
]);
/** Of tokens that have no function `version`. */
const usualVersion = "1";

/**
 * Reads the name and the version that a token signs by. Tokens older than ERC-5267, USDC among them, tell both apart.
 * @throws CHAIN_MISMATCH if what the token tells is not what it signs by, CHAIN_UNAVAILABLE
 */
export async function readTokenDomain(rpc: Rpc, chainId: number, erc20: string): Promise<TokenDomain> {
  /** @returns `null` if the token has no such function */
  async function ask(name: string): Promise<readonly unknown[] | null> {
    try {
      const answer = await rpc.request(
        "eth_call",
        [{ to: erc20, data: token.encodeFunctionData(name) }, "latest"],
        bytes,
      );
      const values: readonly unknown[] = token.decodeFunctionResult(name, answer).toArray();
      return values;
    } catch (error) {
      // A token that does not have the function refuses, or answers what is no such value: that is the answer.
      if (error instanceof WattproofError) throw error;
      return null;
    }
  }

  const told = await ask("eip712Domain");
  const name = told?.[1] ?? (await ask("name"))?.[0];
  const version = told?.[2] ?? (await ask("version"))?.[0] ?? usualVersion;
  const separator = (await ask("DOMAIN_SEPARATOR"))?.[0];
  if (typeof name === "string" && typeof version === "string") {
    const domain = { name, version, chainId, verifyingContract: erc20 };
    if (TypedDataEncoder.hashDomain(domain) === separator) return { name, version };
  }
  throw new WattproofError("CHAIN_MISMATCH", `The token ${erc20} does not tell by which name and version it signs.`);
}
