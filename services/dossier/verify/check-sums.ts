import {
  type DossierCommitment,
  type DossierManifest,
  type DossierSignature,
  type DossierSummary,
  type DossierTotals,
} from "../format/dossier-schema.ts";
import { canonicalHashOf, canonicalText, dossierDigestOf, signerOf } from "../format/commitment.ts";
import { rootOfMonths } from "../format/leaves.ts";
import { summaryOf } from "../format/totals.ts";
import type { Findings } from "./findings.ts";

/** The totals of a dossier against what was counted of its months. */
export function checkTotals(
  stated: DossierTotals,
  counted: DossierTotals,
  isComplete: boolean,
  findings: Findings,
): void {
  const exclusions = stated.months.map(({ exclusions: hash }) => hash);
  if (canonicalText(exclusions) !== canonicalText(counted.months.map(({ exclusions: hash }) => hash))) {
    findings.add("DOSSIER_EXCLUSIONS_DIFFER", "the list of excluded sessions is not the one that was committed to");
  }
  const gaps = stated.months.map(({ gaps: hash }) => hash);
  if (canonicalText(gaps) !== canonicalText(counted.months.map(({ gaps: hash }) => hash))) {
    findings.add("DOSSIER_GAP_HIDDEN", "the list of gaps is not the one that was committed to");
  }
  if (stated.root !== rootOfMonths(stated.months) || stated.root !== counted.root) {
    findings.add("DOSSIER_ROOT_DIFFERS", "totals.root");
  }
  if (isComplete) {
    for (const difference of differencesOf(stated, counted)) findings.add("DOSSIER_TOTALS_DIFFER", difference);
  } else if (!isConsistent(stated) || stated.sessions !== counted.sessions) {
    findings.add("DOSSIER_TOTALS_DIFFER", "the totals contradict each other");
  }
}

/** The members of the totals that are not the sums of the months; hashes and roots have findings of their own. */
function differencesOf(stated: DossierTotals, counted: DossierTotals): readonly string[] {
  const nothing = { root: null, gaps: null, exclusions: null };
  const plain = (totals: DossierTotals): Record<string, unknown> => ({
    ...totals,
    root: null,
    months: totals.months.map((month) => ({ ...month, ...nothing })),
  });
  const expected = plain(counted);
  return Object.entries(plain(stated)).flatMap(([name, value]) =>
    canonicalText(value) === canonicalText(expected[name]) ? [] : [`totals.${name}`],
  );
}

/** Where sessions are not shown, the sums can still be held against each other. */
function isConsistent(totals: DossierTotals): boolean {
  const sum = (values: readonly string[]): string =>
    values.reduce((total, value) => total + BigInt(value), 0n).toString();
  const { months, cells, byProofMicroWh } = totals;
  return (
    totals.claimableMicroWh === sum(months.map(({ sessionsMicroWh }) => sessionsMicroWh)) &&
    totals.claimableMicroWh === sum(cells.map(({ claimableMicroWh }) => claimableMicroWh)) &&
    totals.claimableMicroWh === sum(Object.values(byProofMicroWh)) &&
    totals.excludedMicroWh === sum(months.map(({ excludedMicroWh }) => excludedMicroWh)) &&
    totals.gapsMicroWh === sum(months.map(({ gapsMicroWh }) => gapsMicroWh)) &&
    totals.sessions === months.reduce((count, { sessions }) => count + sessions, 0) &&
    months.every(
      ({ openingMicroWh, closingMicroWh, sessionsMicroWh, gapsMicroWh }) =>
        openingMicroWh === null ||
        closingMicroWh === null ||
        BigInt(closingMicroWh) - BigInt(openingMicroWh) === BigInt(sessionsMicroWh) + BigInt(gapsMicroWh),
    )
  );
}

/** The summary, and that the commitment is the one of these parts. */
export function checkCommitment(
  parts: {
    readonly manifest: DossierManifest;
    readonly totals: DossierTotals | null;
    readonly summary: DossierSummary;
    readonly commitment: DossierCommitment;
  },
  findings: Findings,
): void {
  const { manifest, totals, summary, commitment } = parts;
  if (totals !== null && canonicalText(summaryOf(totals)) !== canonicalText(summary)) {
    findings.add("DOSSIER_SUMMARY_DIFFERS", "summary");
  }
  if (canonicalHashOf(manifest) !== commitment.manifest) findings.add("DOSSIER_SIGNATURE_INVALID", "the manifest");
  if (canonicalHashOf(summary) !== commitment.summary) findings.add("DOSSIER_SIGNATURE_INVALID", "the summary");
  if (totals === null) return;
  if (canonicalHashOf(totals) !== commitment.totals) findings.add("DOSSIER_SIGNATURE_INVALID", "the totals");
  if (totals.root !== commitment.root) findings.add("DOSSIER_SIGNATURE_INVALID", "the root");
}

/** @returns who signed the commitment, each once */
export function checkSignatures(
  { chainId, contracts }: DossierManifest,
  commitment: DossierCommitment,
  signatures: readonly DossierSignature[],
  findings: Findings,
): readonly string[] {
  if (signatures.length === 0) findings.add("DOSSIER_SIGNATURE_MISSING", "signatures");
  const digest = dossierDigestOf(commitment, { chainId, verifyingContract: contracts.chargingSettlement });
  const signers = new Set<string>();
  for (const { signer, r, vs } of signatures) {
    const name = signer.toLowerCase();
    if (signerOf(digest, r, vs) !== name || signers.has(name)) findings.add("DOSSIER_SIGNATURE_INVALID", signer);
    else signers.add(name);
  }
  return [...signers];
}
