import type { OpeningGuard } from "../../types/index.ts";
import { ethers } from "./chain.ts";
import type { Signer } from "./settlement-fixture.ts";

export interface GuardFixture {
  readonly guard: OpeningGuard;
  readonly owner: Signer;
  readonly guardian: Signer;
  readonly nextGuardian: Signer;
  readonly thief: Signer;
}

/** A guard with a guardian who has not paused anything. */
export async function deployedGuard(): Promise<GuardFixture> {
  const [owner, guardian, nextGuardian, thief] = await ethers.getSigners();
  if (!owner || !guardian || !nextGuardian || !thief) throw new Error("The simulated chain has too few accounts");
  const guard = await ethers.deployContract("OpeningGuard", [owner.address, guardian.address]);
  return { guard, owner, guardian, nextGuardian, thief };
}
