import type { ArtifactName } from "./artifacts.ts";

/**
 * The contracts of further ways to pay, which stand beside those of the settlement and are led to by none of them, in the
 * order in which they are deployed.
 */
export const wayRoles = ["passkeyAccounts"] as const satisfies readonly ArtifactName[];

export type WayRole = (typeof wayRoles)[number];

/** Addresses by contract. */
export type WaySet = Readonly<Record<WayRole, string>>;

/**
 * Deploys them.
 * @param deploy Deploys one contract and gives its address.
 */
export async function deployWaySet(
  deploy: (role: WayRole, parameters: readonly unknown[]) => Promise<string>,
): Promise<WaySet> {
  return { passkeyAccounts: await deploy("passkeyAccounts", []) };
}
