import type { Chain } from "../chain/chain.ts";
import { WattproofError } from "../errors.ts";
import type { ChainFollower } from "./follow-chain.ts";

/** Keeps the service from following a chain before it is known to be the deployment's. */
export interface DeploymentGate {
  /** Has a look. An endpoint that is away is looked at again later. @throws CHAIN_MISMATCH */
  tryOpen(): Promise<void>;
  /** The same follower, behind the gate. */
  before(follower: ChainFollower): ChainFollower;
}

export function createDeploymentGate(chain: Pick<Chain, "checkDeployment">): DeploymentGate {
  let isOpen = false;

  async function open(): Promise<void> {
    if (isOpen) return;
    await chain.checkDeployment();
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
