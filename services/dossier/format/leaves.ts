import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, concat, keccak256, sha256 } from "ethers";

import type { DossierRecord, DossierSession } from "./dossier-schema.ts";

/** The members of a leaf: salt, session, meter, from, to, begin, end, clock, SHA-256 of the records. */
export const leafTypes = [
  ...["bytes32", "bytes32", "uint32", "uint128", "uint128", "uint40", "uint40"],
  ...["uint8", "bytes32"],
] as const;

/** The members of a leaf of the upper tree: meter, month as 202601, root of the lower tree. */
export const rootLeafTypes = ["uint32", "uint32", "bytes32"] as const;

const coder = AbiCoder.defaultAbiCoder();

/** The value behind a leaf, in the order of `leafTypes`. */
export function leafValueOf(session: DossierSession): unknown[] {
  const { salt, sessionId, terms, fromMicroWh, toMicroWh, beginSeconds, endSeconds, clock, records } = session;
  const clockNumber = clock === "meter" ? 1 : 0;
  const evidence = evidenceHashOf(records);
  return [salt, sessionId, terms.meter, fromMicroWh, toMicroWh, beginSeconds, endSeconds, clockNumber, evidence];
}

/** The leaf as OpenZeppelin's standard tree makes it: hashed twice, so that no inner node can be taken for one. */
export function leafOf(session: DossierSession): string {
  return keccak256(keccak256(coder.encode(leafTypes, leafValueOf(session))));
}

/** The root over the leaves of one month of one meter, in whatever order; `null` if there are none. */
export function rootOf(leaves: readonly string[]): string | null {
  return leaves.length === 0 ? null : SimpleMerkleTree.of([...leaves]).root;
}

/** The root over the roots of all months; `null` if none has one. */
export function rootOfMonths(
  months: readonly { readonly meter: number; readonly month: string; readonly root: string | null }[],
): string | null {
  const leaves = months.flatMap(({ meter, month, root }) =>
    root === null ? [] : [keccak256(keccak256(coder.encode(rootLeafTypes, [meter, monthNumberOf(month), root])))],
  );
  return rootOf(leaves);
}

/** 2026-01 as 202601. */
export function monthNumberOf(month: string): number {
  return Number(month.replace("-", ""));
}

/** SHA-256 over the SHA-256 of each record's signed bytes, by pagination. */
function evidenceHashOf(records: readonly DossierRecord[]): string {
  return sha256(concat(records.map((record) => `0x${record.sha256}`)));
}
