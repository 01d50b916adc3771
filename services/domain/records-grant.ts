import { TypedDataEncoder, sha256, toUtf8Bytes } from "ethers";

const types = {
  AccountRecords: [
    { name: "driver", type: "address" },
    { name: "service", type: "address" },
    { name: "reader", type: "string" },
    { name: "keySha256", type: "bytes32" },
    { name: "until", type: "uint40" },
  ],
};

/** A driver lets whoever has a key take all records of the driver's sessions from one service. */
export interface RecordsGrant {
  readonly driver: string;
  /** The oracle account of the service: no other service may take the grant for its own. */
  readonly service: string;
  /** Whom it is for, in words that the driver's wallet shows; empty for the driver. */
  readonly reader: string;
  /** 32 to 128 characters that only the reader is told; what is signed is their SHA-256. */
  readonly key: string;
  /** From this second (since 1970) on it is over. */
  readonly until: number;
}

/** The longest time for which a service honours a grant, in seconds: 90 days. */
export const longestRecordsGrantSeconds = 7_776_000;

/** As with the keys of sessions: for a chain and no contract, so that no contract takes it for its own. */
function domainOf(chainId: number): { readonly name: string; readonly version: string; readonly chainId: number } {
  return { name: "Wattproof driver page", version: "1", chainId };
}

function contentOf({ key, ...grant }: RecordsGrant): Readonly<Record<string, string | number>> {
  return { ...grant, keySha256: sha256(toUtf8Bytes(key)) };
}

/** What a driver's wallet shows and signs. */
export function typedRecordsGrantOf(grant: RecordsGrant, chainId: number): unknown {
  return TypedDataEncoder.getPayload(domainOf(chainId), types, contentOf(grant));
}

/** What is signed, as `0x` and 64 digits. */
export function recordsGrantDigestOf(grant: RecordsGrant, chainId: number): string {
  return TypedDataEncoder.hash(domainOf(chainId), types, contentOf(grant));
}
