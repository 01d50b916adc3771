import { readFileSync } from "node:fs";

import { Wallet, type HDNodeWallet } from "ethers";

import { WattproofError } from "../../services/errors.ts";

/**
 * The account that a command acts for. Its key comes from the environment or from an encrypted keystore, never from an
 * argument, which other users of the machine could read.
 *
 * @param name The part of the variables' names that says whose key it is: with DEPLOYER they are
 * WATTPROOF_DEPLOYER_PRIVATE_KEY, or WATTPROOF_DEPLOYER_KEYSTORE and WATTPROOF_DEPLOYER_KEYSTORE_PASSWORD.
 * @throws WattproofError KEY_UNAVAILABLE
 */
export async function accountFromEnvironment(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Wallet | HDNodeWallet> {
  const prefix = `WATTPROOF_${name}`;
  const privateKey = environment[`${prefix}_PRIVATE_KEY`];
  const keystore = environment[`${prefix}_KEYSTORE`];
  if (privateKey !== undefined) {
    if (!/^0x[0-9a-fA-F]{64}$/u.test(privateKey)) {
      throw new WattproofError("KEY_UNAVAILABLE", `${prefix}_PRIVATE_KEY is not 0x and 64 hexadecimal digits`);
    }

    return new Wallet(privateKey);
  }
  if (keystore === undefined) {
    throw new WattproofError("KEY_UNAVAILABLE", `Neither ${prefix}_PRIVATE_KEY nor ${prefix}_KEYSTORE is set`);
  }
  try {
    return await Wallet.fromEncryptedJson(
      readFileSync(keystore, "utf8"),
      environment[`${prefix}_KEYSTORE_PASSWORD`] ?? "",
    );
  } catch (error) {
    throw new WattproofError("KEY_UNAVAILABLE", `${prefix}_KEYSTORE cannot be opened`, { cause: error });
  }
}
