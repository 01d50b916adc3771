import { PERMIT2_ADDRESS, permit2Code } from "../../scripts/gas/permit2.ts";
import { ethers, networkHelpers } from "./chain.ts";

/** Puts Permit2 where it is on public chains. */
export async function installPermit2(): Promise<void> {
  const { chainId } = await ethers.provider.getNetwork();
  await networkHelpers.setCode(PERMIT2_ADDRESS, permit2Code(chainId));
}

/** The errors of Permit2 that a test expects. */
export const PERMIT2_ERRORS = [
  "error InvalidNonce()",
  "error InvalidSigner()",
  "error InvalidContractSignature()",
  "error SignatureExpired(uint256 signatureDeadline)",
  "error InvalidSignatureLength()",
];
