import { sign } from "node:crypto";

import { encodePoint } from "../../services/evidence/formats/ocmf/public-key.ts";
import { curveNumbers, refusalReasons } from "../../scripts/verify/contract-answers.ts";
import type { PublicKey } from "../../services/evidence/formats/ocmf/types.ts";
import type { OcmfLens, OcmfLensBatch, OcmfScanner } from "../../types/index.ts";
import type { InspectionStructOutput } from "../../types/mocks/OcmfLensBatch.ts";
import { ethers } from "./chain.ts";
import type { TestKey } from "./ocmf.ts";

/** A name of RefusalReason of IOcmfScanner.sol. */
export type RefusalReason = (typeof refusalReasons)[number][0];

export interface OcmfFixture {
  readonly scanner: OcmfScanner;
  readonly lens: OcmfLens;
  readonly batch: OcmfLensBatch;
}

export async function deployedOcmf(): Promise<OcmfFixture> {
  const scanner = await ethers.deployContract("OcmfScanner");
  const lens = await ethers.deployContract("OcmfLens", [await scanner.getAddress()]);
  const batch = await ethers.deployContract("OcmfLensBatch", [await lens.getAddress()]);
  return { scanner, lens, batch };
}

/** What the contract is asked about one record. */
export interface InspectionQuery {
  readonly curve: bigint;
  readonly publicKey: Uint8Array;
  readonly payload: Uint8Array;
  readonly r: string;
  readonly s: string;
}

/** X and Y as the contract takes them. */
export function pointBytes(key: PublicKey): Uint8Array {
  // The first byte says that the point is not compressed.
  return encodePoint(key).subarray(1);
}

/** A payload signed by a key of secp256r1 or secp256k1. */
export function signedQuery(key: TestKey, payload: Uint8Array): InspectionQuery {
  const bare = sign("sha256", payload, { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return {
    curve: curveNumbers[key.curve],
    publicKey: pointBytes(key.publicKey),
    payload,
    r: `0x${bare.subarray(0, 32).toString("hex")}`,
    s: `0x${bare.subarray(32).toString("hex")}`,
  };
}

/** A call has at most the gas of a block, and the largest payload takes 0.3 million. */
const queriesPerCall = 80;

/** Asks about many records in few calls. */
export async function inspectAll(
  batch: OcmfLensBatch,
  queries: readonly InspectionQuery[],
): Promise<InspectionStructOutput[]> {
  const inspections: InspectionStructOutput[] = [];
  for (let start = 0; start < queries.length; start += queriesPerCall) {
    inspections.push(...(await batch.inspectAll(queries.slice(start, start + queriesPerCall))));
  }
  return inspections;
}

export function nameOfRefusal(reason: bigint): RefusalReason {
  const name = refusalReasons[Number(reason)]?.[0];
  if (name === undefined) throw new Error(`The contract knows a reason ${reason} that the tests do not`);
  return name;
}
