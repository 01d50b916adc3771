import hre from "hardhat";

import { WattproofError } from "../../services/errors.ts";
import { compileContracts } from "../local-world/compile-contracts.ts";

/**
 * Compiles the contracts where these are not compiled yet, as in a fresh clone after `npm ci`. What is there is taken as it
 * is.
 *
 * @param onRemark Told before it begins, because it takes a minute.
 * @throws WattproofError OCMF_ON_CHAIN_UNAVAILABLE
 */
export async function prepareContracts(names: readonly string[], onRemark: (text: string) => void): Promise<void> {
  const isThere = await Promise.all(names.map((name) => hre.artifacts.artifactExists(name)));
  if (isThere.every(Boolean)) return;
  onRemark("The contracts are not compiled yet. Compiling them once, which takes a minute or two …");
  try {
    await compileContracts();
  } catch (cause) {
    throw new WattproofError(
      "OCMF_ON_CHAIN_UNAVAILABLE",
      "The contracts cannot be compiled here. See whether npm ci has ended well and the folder can be written to.",
      { cause },
    );
  }
}
