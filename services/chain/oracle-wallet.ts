import { readFileSync } from "node:fs";

import type { SigningKey } from "ethers";
import { Wallet } from "ethers";

import type { AccountKey } from "../config/chain-settings.ts";
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
