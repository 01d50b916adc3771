import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { getAddress, isKeystoreJson, Wallet } from "ethers";
import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { accountFromEnvironment, keystorePassword } from "../../command-line/account-key.ts";
import { countryCodes } from "../../../services/domain/ocpi/countries.ts";
import { coins } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import { profilePathOf, readProfile, writeProfile, type OperatorProfile } from "../../command-line/profile.ts";
import { defineVerb } from "../../command-line/verb.ts";

/** What a person can type and a program cannot guess. */
const leastPasswordCharacters = 12;
const addressField = z.object({ address: z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/u) });

export const operatorAdd = defineVerb({
  path: ["operator", "add"],
  summary: "makes the operator's account and profile, which the other verbs use",
  description:
    "The contracts need no registration: an operator is an account. This makes its key, encrypted in a keystore file that\n" +
    "only this user can read, and writes the profile beside the deployment file. A keystore that is there is used as it is;\n" +
    "without --keystore the key is WATTPROOF_OPERATOR_PRIVATE_KEY. The password comes from\n" +
    "WATTPROOF_OPERATOR_KEYSTORE_PASSWORD, or from the file that WATTPROOF_OPERATOR_KEYSTORE_PASSWORD_FILE names.",
  arguments: [{ syntax: "<name>", description: "the operator's name, for people" }],
  options: [
    { flags: "--country-code <code>", description: "of OCPI: two letters of ISO 3166-1" },
    { flags: "--party-id <id>", description: "of OCPI: three letters or digits" },
    { flags: "--currency <code>", description: "ISO 4217: the currency that one token stands for" },
    { flags: "--keystore <file>", description: "the encrypted key; made if it is not there" },
    { flags: "--service <url>", description: "the operator's service, with the driver's page" },
    { flags: "--replace", description: "in place of another profile" },
    { flags: "--dry-run", description: "says what would be done; nothing is written" },
  ],
  access: "chain",
  examples: [
    "operator add 'Example Charging' --country-code DE --party-id ABC --currency EUR --keystore ~/operator.json --service https://charge.example",
  ],
  input: z.object({
    name: z.string().min(1, "must not be empty").max(100, "must have at most 100 characters"),
    countryCode: z
      .string()
      .regex(/^[A-Z]{2}$/u, "must be two capital letters")
      .refine((code) => countryCodes.has(code), "must be a country of ISO 3166-1, like DE"),
    partyId: z.string().regex(/^[A-Z0-9]{3}$/u, "must be three capital letters or digits"),
    currency: z.string().regex(/^[A-Z]{3}$/u, "must be three capital letters"),
    keystore: z
      .string()
      .transform((path) => resolve(path))
      .optional(),
    service: z
      .url("must be an address")
      .transform((url) => url.replace(/\/+$/u, ""))
      .optional(),
    replace: z.boolean().default(false),
  }),
  async run({ name, countryCode, partyId, currency, keystore = null, service = null, replace }, run) {
    const { output, isDryRun, environment } = run;
    const chain = await run.openChain();
    const path = profilePathOf(chain.deploymentPath, environment);
    const isKeyNew = keystore !== null && !existsSync(keystore);
    const address = isKeyNew
      ? await makeKeystore(keystore, environment, isDryRun)
      : await addressOf(keystore, environment);
    const profile = { name, address: address ?? "", keystore, countryCode, partyId, currency, serviceUrl: service };
    const earlier = readProfile(path);
    if (earlier !== undefined && !replace && isDifferent(earlier, profile)) {
      throw new WattproofError(
        "PROFILE_DIFFERS",
        `${path} is of ${earlier.name}, ${earlier.address}; --replace takes its place.`,
      );
    }
    if (!isDryRun) writeProfile(path, profile);
    const balanceWei = address === null ? null : await chain.provider.getBalance(address);
    output.json({ isDryRun, path, isKeyNew, profile: { ...profile, address }, balanceWei });
    output.line(`${isDryRun ? "would be written" : "written"}: ${path}`);
    output.line(`account ${address ?? "with a new key"}${keystore === null ? "" : `, keystore ${keystore}`}`);
    if (balanceWei !== null) output.line(`it has ${coins(balanceWei)} coins for gas`);

    return exitCode.done;
  },
});

/** @returns the address; `null` in a dry run, in which no key is made */
async function makeKeystore(path: string, environment: NodeJS.ProcessEnv, isDryRun: boolean): Promise<string | null> {
  const password = keystorePassword("OPERATOR", environment);
  if (password === undefined || password.length < leastPasswordCharacters) {
    throw new WattproofError(
      "KEY_UNAVAILABLE",
      `A new keystore needs WATTPROOF_OPERATOR_KEYSTORE_PASSWORD(_FILE) with at least ${leastPasswordCharacters} characters.`,
    );
  }
  if (isDryRun) return null;
  const wallet = Wallet.createRandom();
  const text = await new Wallet(wallet.privateKey).encrypt(password);
  try {
    // Fails if it came to be meanwhile: a key is never overwritten.
    writePrivateFile(path, `${text}\n`, true);
  } catch (error) {
    throw new WattproofError("KEY_UNAVAILABLE", `${path} cannot be written.`, { cause: error });
  }
  return wallet.address;
}

/** A keystore says whose it is without its password; whether that is right shows when it is opened. */
async function addressOf(keystore: string | null, environment: NodeJS.ProcessEnv): Promise<string> {
  if (keystore === null) return (await accountFromEnvironment("OPERATOR", environment)).address;
  const text = readFileSync(keystore, "utf8");
  const address = isKeystoreJson(text) ? addressField.safeParse(JSON.parse(text)).data?.address : undefined;
  if (address === undefined) throw new WattproofError("KEY_UNAVAILABLE", `${keystore} is no keystore with an address.`);

  return getAddress(address.startsWith("0x") ? address : `0x${address}`);
}

function isDifferent(left: OperatorProfile, right: OperatorProfile): boolean {
  return JSON.stringify(left) !== JSON.stringify(right);
}
