import { readFileSync } from "node:fs";

import { Wallet, type HDNodeWallet } from "ethers";

import { WattproofError } from "../../services/errors.ts";

/**
 * The account that a command acts for. Its key comes from the environment or from an encrypted keystore, never from an
 * argument, which other users of the machine could read.
 *
 * @param name The part of the variables' names that says whose key it is: with DEPLOYER they are
 * WATTPROOF_DEPLOYER_PRIVATE_KEY, or WATTPROOF_DEPLOYER_KEYSTORE and WATTPROOF_DEPLOYER_KEYSTORE_PASSWORD (or
 * WATTPROOF_DEPLOYER_KEYSTORE_PASSWORD_FILE).
 * @param usualKeystore The keystore where the environment names neither a key nor another one.
 * @throws WattproofError KEY_UNAVAILABLE
 */
export async function accountFromEnvironment(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
  usualKeystore: string | null = null,
): Promise<Wallet | HDNodeWallet> {
  const prefix = `WATTPROOF_${name}`;
  const privateKey = environment[`${prefix}_PRIVATE_KEY`];
  const keystore = environment[`${prefix}_KEYSTORE`] ?? usualKeystore;
  if (privateKey !== undefined) {
    if (!/^0x[0-9a-fA-F]{64}$/u.test(privateKey)) {
      throw new WattproofError("KEY_UNAVAILABLE", `${prefix}_PRIVATE_KEY is not 0x and 64 hexadecimal digits`);
    }

    return new Wallet(privateKey);
  }
  if (keystore === null) {
    throw new WattproofError("KEY_UNAVAILABLE", `Neither ${prefix}_PRIVATE_KEY nor ${prefix}_KEYSTORE is set`);
  }
  const password = keystorePassword(name, environment) ?? "";
  try {
    return await Wallet.fromEncryptedJson(readFileSync(keystore, "utf8"), password);
  } catch (error) {
    throw new WattproofError("KEY_UNAVAILABLE", `${prefix}_KEYSTORE cannot be opened`, { cause: error });
  }
}

/**
 * The password of an account's keystore, from the environment or from the file that the environment names, whose last
 * line break does not count; undefined if neither is set.
 * @throws WattproofError KEY_UNAVAILABLE
 */
export function keystorePassword(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const variable = `WATTPROOF_${name}_KEYSTORE_PASSWORD`;
  const path = environment[`${variable}_FILE`];
  if (environment[variable] !== undefined || path === undefined) return environment[variable];
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/u, "");
  } catch (error) {
    throw new WattproofError("KEY_UNAVAILABLE", `${variable}_FILE cannot be read`, { cause: error });
  }
}
