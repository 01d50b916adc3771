import { AbiCoder, keccak256, toBeHex } from "ethers";

import { treeProofOf, treeRootOf } from "./hash-tree.ts";

/** A record as the contract takes it: the bytes that the meter signed, and the two numbers of the signature. */
export interface ReadableRecord {
  readonly payload: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
}

/** What a claim rests on, as an oracle must be able to show it later. */
export type ClaimEvidence = { readonly sessionId: string } & (
  | { readonly isReadable: true; readonly records: readonly ReadableRecord[] }
  /** Records that the contract cannot read: as they were received. */
  | { readonly isReadable: false; readonly documents: readonly Uint8Array[] }
);

const coder = AbiCoder.defaultAbiCoder();

/** The root over the evidence of a batch, in the order of its claims. */
export function evidenceRootOf(evidence: readonly ClaimEvidence[]): string {
  return treeRootOf(evidence.map(evidenceLeafOf));
}

/** The siblings of one session's evidence, from the leaf up. */
export function evidenceProofOf(evidence: readonly ClaimEvidence[], index: number): string[] {
  return treeProofOf(evidence.map(evidenceLeafOf), index);
}

function evidenceLeafOf(evidence: ClaimEvidence): string {
  const { sessionId, isReadable } = evidence;
  return keccak256(coder.encode(["bytes32", "bytes32", "bool"], [sessionId, recordsHashOf(evidence), isReadable]));
}

function recordsHashOf(evidence: ClaimEvidence): string {
  return evidence.isReadable
    ? keccak256(
        coder.encode(
          ["tuple(bytes payload, bytes32 r, bytes32 s)[]"],
          [evidence.records.map(({ payload, r, s }) => ({ payload, r: toBeHex(r, 32), s: toBeHex(s, 32) }))],
        ),
      )
    : keccak256(coder.encode(["bytes[]"], [evidence.documents]));
}
