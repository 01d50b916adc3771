import { network } from "hardhat";

/** One simulated chain for all contract tests of a process; every test starts from a fixture's snapshot of it. */
export const { ethers, networkHelpers } = await network.create();
