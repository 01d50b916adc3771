import { Interface, getAddress, recoverAddress } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

const wallet = new Interface(["function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)"]);
/** What a wallet that is a contract answers to a good signature (ERC-1271). */
const isValid = "0x1626ba7e";
const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/);

/**
 * Whether an account has signed a digest: with its own key, or as a contract that says so (ERC-1271).
 * @param signature `0x` and hexadecimal digits, whoever made them.
 */
export async function isSignedBy(rpc: Rpc, account: string, digest: string, signature: string): Promise<boolean> {
  if (recover(digest, signature) === getAddress(account)) return true;
  const data = wallet.encodeFunctionData("isValidSignature", [digest, signature]);
  try {
    const answer = await rpc.request("eth_call", [{ to: account, data }, "latest"], bytes);
    // The word is padded to 32 bytes; an account without code answers nothing.
    return answer.slice(0, isValid.length).toLowerCase() === isValid;
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    if (/revert/i.test(error.message)) return false;
    throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint refused to ask the driver's wallet.", { cause: error });
  }
}

function recover(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, signature);
  } catch {
    // What is no signature of a key may still be one of a contract.
    return null;
  }
}
