import { keccak256, toUtf8Bytes, Wallet } from "ethers";

/**
 * The account that belongs to a name, for demos that can be repeated.
 *
 * Warning: everybody who reads this can compute its key. It must never own anything on a public chain.
 */
export function demoAccount(name: string): Wallet {
  return new Wallet(keccak256(toUtf8Bytes(`Wattproof demo account, not secret\n${name}`)));
}
