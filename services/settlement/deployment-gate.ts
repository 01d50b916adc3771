import type { Chain } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { ChainFollower } from "./follow-chain.ts";

/** Keeps the service from following a chain before it is known to be the deployment's. */
export interface DeploymentGate {
  /** Has a look. An endpoint that is away is looked at again later. @throws CHAIN_MISMATCH, CHAIN_UNSUITABLE */
  tryOpen(): Promise<void>;
  /** The same follower, behind the gate. */
  before(follower: ChainFollower): ChainFollower;
}

/** @param requireInstructions Throws where the chain cannot run what was deployed. */
export function createDeploymentGate(
  chain: Pick<Chain, "checkDeployment">,
  requireInstructions: () => Promise<void>,
): DeploymentGate {
  let isOpen = false;

  async function open(): Promise<void> {
    if (isOpen) return;
    await chain.checkDeployment();
    await requireInstructions();
    isOpen = true;
  }

  return {
    tryOpen: () =>
      open().catch((error: unknown) => {
        if (!(error instanceof WattproofError && error.code === "CHAIN_UNAVAILABLE")) throw error;
      }),
    before: (follower) => ({
      async follow(signal) {
        await open();
        await follower.follow(signal);
      },
      async rescan(range, signal) {
        await open();
        return follower.rescan(range, signal);
      },
      missingForMs: () => follower.missingForMs(),
    }),
  };
}
