import type { ArtifactName } from "./artifacts.ts";

/**
 * The contracts of further ways to pay, which stand beside those of the settlement and are led to by none of them, in the
 * order in which they are deployed.
 */
export const wayRoles = ["passkeyAccounts", "walletOpenings"] as const satisfies readonly ArtifactName[];

/** Those that are deployed only where the chain has what they work with. */
export const optionalWayRoles = ["acrossFunding"] as const satisfies readonly ArtifactName[];

export type WayRole = (typeof wayRoles)[number] | (typeof optionalWayRoles)[number];

/** Addresses by contract; those that were not asked for are missing. */
export type WaySet = Readonly<Partial<Record<WayRole, string>>>;

/** What further ways to pay work with. */
export interface WayNeeds {
  /** Across' SpokePool on this chain; without it nothing is paid from other chains. */
  readonly acrossSpokePool?: string | undefined;
}

/** The contracts that are deployed where these needs are met. */
export function waysWith({ acrossSpokePool }: WayNeeds): readonly WayRole[] {
  return acrossSpokePool === undefined ? wayRoles : [...wayRoles, ...optionalWayRoles];
}

/**
 * Deploys them.
 * @param deploy Deploys one contract and gives its address.
 */
export async function deployWaySet(
  settlement: string,
  { acrossSpokePool }: WayNeeds,
  deploy: (role: WayRole, parameters: readonly unknown[]) => Promise<string>,
): Promise<WaySet> {
  const passkeyAccounts = await deploy("passkeyAccounts", []);
  const walletOpenings = await deploy("walletOpenings", [settlement]);
  const ways = { passkeyAccounts, walletOpenings };
  if (acrossSpokePool === undefined) return ways;
  return { ...ways, acrossFunding: await deploy("acrossFunding", [settlement, acrossSpokePool]) };
}
