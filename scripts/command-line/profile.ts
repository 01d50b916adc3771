import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import { addressInput } from "./inputs.ts";

const schema = z.strictObject({
  name: z.string().min(1).max(100),
  address: addressInput,
  /** The encrypted keystore of the operator's key; `null` if the key comes from the environment. */
  keystore: z.string().nullable(),
  /** How the operator is called in OCPI: ISO 3166-1 alpha-2, and three characters of its own. */
  countryCode: z.string().regex(/^[A-Z]{2}$/u),
  partyId: z.string().regex(/^[A-Z0-9]{3}$/u),
  /** ISO 4217: the currency that one token stands for. */
  currency: z.string().regex(/^[A-Z]{3}$/u),
  /** Address of the service, without a slash at the end. */
  serviceUrl: z.url().nullable(),
});

/** Who the operator is, as far as verbs have to know it. No secret is in it. */
export type OperatorProfile = z.infer<typeof schema>;

/** WATTPROOF_OPERATOR_PROFILE, or beside the deployment file. */
export function profilePathOf(deploymentPath: string, environment: NodeJS.ProcessEnv): string {
  return environment["WATTPROOF_OPERATOR_PROFILE"] ?? `${deploymentPath.replace(/\.json$/u, "")}.operator.json`;
}

/** The profile, or undefined where there is none. @throws INPUT_UNREADABLE */
export function readProfile(path: string): OperatorProfile | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `The operator's profile ${path} cannot be read.`, { cause: error });
  }
}

/** Writes the profile in one step: it is there whole or not at all. */
export function writeProfile(path: string, profile: OperatorProfile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(profile, null, 2)}\n`, { flush: true });
  renameSync(`${path}.new`, path);
}
