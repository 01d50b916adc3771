import { readFileSync } from "node:fs";

import type { SigningKey } from "ethers";
import { computeAddress, Wallet } from "ethers";

import type { AccountKey, RemoteKey } from "../config/chain-settings.ts";
import { WattproofError } from "../errors.ts";

/**
 * @param owner Whose key it is, for the error.
 * @throws CONFIGURATION_INVALID, never with the key or the password in it
 */
export async function openOracleWallet(
  key: AccountKey,
  owner = "oracle",
): Promise<{ readonly address: string; readonly signingKey: SigningKey }> {
  try {
    if (key.kind === "private-key") return new Wallet(key.privateKey);
    return await Wallet.fromEncryptedJson(readFileSync(key.path, "utf8"), key.password);
  } catch {
    // The cause is left out on purpose: libraries quote the value that they could not read.
    throw new WattproofError("CONFIGURATION_INVALID", `The ${owner}'s key cannot be opened.`);
  }
}

/** The account of a key that is known without a password; `null` for none. */
export function addressOfKey(key: AccountKey | RemoteKey | null): string | null {
  if (key?.kind === "remote") return key.address;
  return key?.kind === "private-key" ? computeAddress(key.privateKey) : null;
}
