import { TypedDataEncoder } from "ethers";

const types = {
  ViewSession: [
    { name: "sessionId", type: "bytes32" },
    { name: "keySha256", type: "bytes32" },
  ],
};

/** A driver lets whoever has the key with this digest see the whole session. */
export interface ViewGrant {
  readonly sessionId: string;
  /** SHA-256 of the key's text, 64 hexadecimal digits. */
  readonly keySha256: string;
}

/** The page's own requests are for a chain and no contract: no contract must ever take them for its own. */
function domainOf(chainId: number): { readonly name: string; readonly version: string; readonly chainId: number } {
  return { name: "Wattproof driver page", version: "1", chainId };
}

function contentOf({ sessionId, keySha256 }: ViewGrant): ViewGrant {
  return { sessionId, keySha256: `0x${keySha256}` };
}

/** What a driver's wallet shows and signs. */
export function typedViewGrantOf(grant: ViewGrant, chainId: number): unknown {
  return TypedDataEncoder.getPayload(domainOf(chainId), types, contentOf(grant));
}

/** What is signed, as `0x` and 64 digits. */
export function viewGrantDigestOf(grant: ViewGrant, chainId: number): string {
  return TypedDataEncoder.hash(domainOf(chainId), types, contentOf(grant));
}
