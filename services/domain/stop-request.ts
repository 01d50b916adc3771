import { TypedDataEncoder } from "ethers";

const types = { StopCharging: [{ name: "sessionId", type: "bytes32" }] };

/** The page's own requests are for a chain and no contract: no contract must ever take them for its own. */
function domainOf(chainId: number): { readonly name: string; readonly version: string; readonly chainId: number } {
  return { name: "Wattproof driver page", version: "1", chainId };
}

/** What a driver's wallet shows and signs to have the charger stop. */
export function typedStopRequestOf(sessionId: string, chainId: number): unknown {
  return TypedDataEncoder.getPayload(domainOf(chainId), types, { sessionId });
}

/** What is signed, as `0x` and 64 digits. Signing it twice says nothing new: a session stops once. */
export function stopDigestOf(sessionId: string, chainId: number): string {
  return TypedDataEncoder.hash(domainOf(chainId), types, { sessionId });
}
