import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { toBeHex, TypedDataEncoder } from "ethers";

/** Where Permit2 is on every chain that has it. */
export const PERMIT2_ADDRESS = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

const deployer = fileURLToPath(import.meta.resolve("@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol"));

/** The chain's id and the domain separator, which the constructor writes into the code: `chainid() == id ? separator : …`. */
const immutables = /(467f)[0-9a-f]{64}(03[0-9a-f]{6}577f)[0-9a-f]{64}/;

/**
 * The code that Permit2 has on public chains, to be put to its address. The package that carries it is there for this
 * alone; it carries the code as it was constructed at another address, and so what the constructor writes is written anew.
 */
export function permit2Code(chainId: bigint): string {
  const code = /bytecode =\s*hex"([0-9a-f]+)"/.exec(readFileSync(deployer, "utf8"))?.[1];
  if (code === undefined || !immutables.test(code)) throw new Error("The package does not carry Permit2's code");
  const separator = TypedDataEncoder.hashDomain({ name: "Permit2", chainId, verifyingContract: PERMIT2_ADDRESS });

  return `0x${code.replace(immutables, `$1${toBeHex(chainId, 32).slice(2)}$2${separator.slice(2)}`)}`;
}

/** What the owner of tokens signs for Permit2 when the spender's witness is the terms of a session. */
export const WITNESSED_TRANSFER_TYPES = {
  PermitWitnessTransferFrom: [
    { name: "permitted", type: "TokenPermissions" },
    { name: "spender", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
    { name: "witness", type: "SessionTerms" },
  ],
  TokenPermissions: [
    { name: "token", type: "address" },
    { name: "amount", type: "uint256" },
  ],
};
