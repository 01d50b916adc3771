import { AbiCoder, dataLength, dataSlice, getAddress } from "ethers";

/** A signature of a wallet that may not be deployed yet (ERC-6492). Bytes are `0x` and hexadecimal digits. */
export interface NewWalletSignature {
  /** Deploys the wallet when it is called with `factoryCalldata`. */
  readonly factory: string;
  readonly factoryCalldata: string;
  /** What the wallet takes as its signature once it is deployed (ERC-1271). */
  readonly signature: string;
}

/** The last 32 bytes of such a signature. */
const mark = "6492".repeat(16);
const markBytes = 32;
const types = ["address", "bytes", "bytes"];

/**
 * Reads a signature of that kind.
 * @returns `null` if it is of another kind, or marked as one and not encoded as one.
 */
export function readNewWalletSignature(signature: string): NewWalletSignature | null {
  if (!signature.toLowerCase().endsWith(mark)) return null;
  try {
    const values = dataSlice(signature, 0, dataLength(signature) - markBytes);
    const read = AbiCoder.defaultAbiCoder().decode(types, values);
    const [factory, factoryCalldata, inner] = read.toArray().map(String) as [string, string, string];
    return { factory: getAddress(factory), factoryCalldata, signature: inner };
  } catch {
    // A wallet's own signature may end in anything.
    return null;
  }
}
