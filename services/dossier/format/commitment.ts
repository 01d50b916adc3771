import { TypedDataEncoder, ZeroHash, keccak256, recoverAddress, toUtf8Bytes } from "ethers";

import { settlementDomainOf, type SettlementDomain } from "../../domain/terms.ts";
import type { DossierCommitment, DossierManifest, DossierSummary, DossierTotals } from "./dossier-schema.ts";

/** What oracles sign of a dossier. A root of zero says that nothing is counted. */
const dossierTypes = {
  Dossier: ["root", "manifest", "totals", "summary"].map((name) => ({ name, type: "bytes32" })),
};

/** The EIP-712 digest that oracles sign, for the settlement contract of this chain. */
export function dossierDigestOf({ root, ...hashes }: DossierCommitment, domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), dossierTypes, { root: root ?? ZeroHash, ...hashes });
}

/** Who signed a digest, in lower case; `null` if the two words are no signature. */
export function signerOf(digest: string, r: string, yParityAndS: string): string | null {
  try {
    return recoverAddress(digest, { r, yParityAndS }).toLowerCase();
  } catch {
    // The library throws for numbers that are no signature.
    return null;
  }
}

/** What a dossier commits to. */
export function commitmentOf(
  manifest: DossierManifest,
  totals: DossierTotals,
  summary: DossierSummary,
): DossierCommitment {
  return {
    root: totals.root,
    manifest: canonicalHashOf(manifest),
    totals: canonicalHashOf(totals),
    summary: canonicalHashOf(summary),
  };
}

/** Keccak-256 of the canonical text. */
export function canonicalHashOf(value: unknown): string {
  return keccak256(toUtf8Bytes(canonicalText(value)));
}

/**
 * The one text of a value: JSON without white space, members sorted by name as RFC 8785 has it. Numbers are integers, so
 * nothing of that standard's rules about fractions is needed.
 */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member) ? sorted(member) : member,
  );
}

function sorted(value: object): object {
  return Object.fromEntries(
    Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
  );
}
