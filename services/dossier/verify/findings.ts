import type { ErrorCode } from "../../errors.ts";

/** One thing that is wrong with a dossier. */
export interface DossierReason {
  readonly code: ErrorCode;
  /** The part, meter, month or session that it is about. */
  readonly where: string;
}

/** Collects what is wrong. More than a thousand reasons help nobody; that there are more is kept. */
export interface Findings {
  add(code: ErrorCode, where: string): void;
  /** What explains most comes first: what one session did, then sums, then what follows from both. */
  list(): readonly DossierReason[];
}

const mostReasons = 1_000;

/** What was left out changes the table that it was in. */
const causes: readonly ErrorCode[] = ["DOSSIER_EXCLUSIONS_DIFFER"];
/** A change anywhere changes these as well. */
const consequences: readonly ErrorCode[] = [
  "DOSSIER_CONTINUITY_DIFFERS",
  "DOSSIER_TOTALS_DIFFER",
  "DOSSIER_SUMMARY_DIFFERS",
  "DOSSIER_ROOT_DIFFERS",
  "DOSSIER_SIGNATURE_INVALID",
  "DOSSIER_SIGNATURE_MISSING",
];

export function createFindings(): Findings {
  const reasons: DossierReason[] = [];
  return {
    add(code, where) {
      if (reasons.length < mostReasons) reasons.push({ code, where: where.slice(0, 400) });
    },
    list: () => reasons.toSorted((left, right) => rankOf(left.code) - rankOf(right.code)),
  };
}

function rankOf(code: ErrorCode): number {
  return causes.includes(code) ? -2 : consequences.indexOf(code);
}
