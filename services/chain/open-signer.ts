import { id } from "ethers";

import type { AccountKey, RemoteKey } from "../config/chain-settings.ts";
import type { SignerConfig } from "../config/signer-settings.ts";
import { WattproofError } from "../errors.ts";
import { signerOfKey, type DigestSigner } from "./digest-signer.ts";
import { openOracleWallet } from "./oracle-wallet.ts";
import { createHttpSigner, createKmsSigner } from "./remote-signer.ts";

/** What is signed to see whose key a signer has. Nothing of the contracts can have this digest. */
const probe = id("Wattproof asks whose key this is.");

/**
 * Opens the account of a service: a key in this process, or one that signs elsewhere. A signer that is away is asked again when
 * something is to be signed: chargers are served meanwhile.
 * @param owner Whose key it is, for the error.
 * @throws CONFIGURATION_INVALID if the key cannot be opened, or the signer has another one than the settings say
 */
export async function openSigner(
  key: AccountKey | RemoteKey,
  owner: "oracle" | "relayer",
  config: SignerConfig,
  signal: AbortSignal,
): Promise<DigestSigner> {
  if (key.kind !== "remote") return signerOfKey(await openOracleWallet(key, owner));
  const signer = createRemoteSigner(key, config, signal);
  try {
    await signer.sign(probe);
  } catch (error) {
    if (!(error instanceof WattproofError)) throw error;
    if (error.code === "SIGNER_WRONG") {
      throw new WattproofError("CONFIGURATION_INVALID", `The ${owner}'s signer has another key than ${key.address}'s.`);
    }
  }
  return signer;
}

function createRemoteSigner(key: RemoteKey, config: SignerConfig, signal: AbortSignal): DigestSigner {
  const { address, signer } = key;
  const { token, timeoutMs, kms } = config;
  if (signer.kind === "http") return createHttpSigner({ url: signer.url, address, token, timeoutMs, signal });
  if (kms === null) throw new WattproofError("CONFIGURATION_INVALID", "The settings of AWS KMS are missing.");
  const { url, region, credentials } = kms;
  return createKmsSigner({ url, address, timeoutMs, signal, keyId: signer.keyId, region, credentials, now: Date.now });
}
