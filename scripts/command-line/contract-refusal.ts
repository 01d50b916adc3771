import { isCallException, isError, type ErrorDescription, type Interface } from "ethers";

import { evidenceRoles } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import { artifactOf, type ArtifactName, type ContractRole } from "../deploy/artifacts.ts";
import { contractNames } from "../deploy/contract-set.ts";
import { optionalWayRoles, wayRoles } from "../deploy/ways-set.ts";

/** What a contract says when it refuses: the name of its error, and what it names. */
export interface Refusal {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}

const roles: readonly ArtifactName[] = [
  ...contractNames.map((name): ContractRole => `${name.charAt(0).toLowerCase()}${name.slice(1)}` as ContractRole),
  ...evidenceRoles,
  "revenueShare",
  ...wayRoles,
  ...optionalWayRoles,
];
let known: readonly Interface[] | null = null;

/** The error of one of our contracts in what a call was refused with; `null` if it is none. */
export function readRefusal(data: string): Refusal | null {
  known ??= [...roles, "erc20" as const].map((role) => artifactOf(role).interface);
  for (const contract of known) {
    const error = parse(contract, data);
    if (error !== null) {
      const given: readonly unknown[] = error.args.toArray();
      const values = error.fragment.inputs.map(({ name }, index) => [name, String(given[index])] as const);
      return { name: error.name, values: Object.fromEntries(values) };
    }
  }
  return null;
}

/**
 * An error of the library as one of the catalogue: a contract's refusal with the contract's own words, an endpoint that
 * does not answer as that. Errors of the catalogue stay as they are.
 */
export function toCatalogueError(error: unknown): WattproofError {
  if (error instanceof WattproofError) return error;
  if (isCallException(error)) {
    const refusal = error.data === null ? null : readRefusal(error.data);
    const text = refusal === null ? (error.reason ?? error.shortMessage) : refusalText(refusal);
    return new WattproofError("CONTRACT_REFUSED", text, { cause: error });
  }
  if (isError(error, "INSUFFICIENT_FUNDS")) {
    return new WattproofError("GAS_MONEY_LACKING", "The account has not enough of the chain's coin to pay the gas.", {
      cause: error,
    });
  }
  for (const code of ["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT"] as const) {
    if (isError(error, code)) {
      return new WattproofError("CHAIN_UNAVAILABLE", "The endpoint gave no usable answer.", { cause: error });
    }
  }
  if (
    error instanceof Error &&
    "code" in error &&
    /^E(CONN|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN|PIPE)/u.test(String(error.code))
  ) {
    return new WattproofError("CHAIN_UNAVAILABLE", "The endpoint cannot be reached.", { cause: error });
  }
  return new WattproofError("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error });
}

function refusalText({ name, values }: Refusal): string {
  const parts = Object.entries(values).map(([field, value]) => `${field} ${value}`);
  return parts.length === 0 ? name : `${name}(${parts.join(", ")})`;
}

function parse(contract: Interface, data: string): ErrorDescription | null {
  try {
    return contract.parseError(data);
  } catch {
    // Bytes that begin like this contract's error and are none; another contract may know them.
    return null;
  }
}
