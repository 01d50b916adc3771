import type { CatalogueEntries } from "./catalogue-entry.ts";

function refusal(title: string): { readonly httpStatus: 422; readonly isRetryable: false; readonly title: string } {
  return { httpStatus: 422, isRetryable: false, title };
}

/** What verify:dossier finds in a dossier (docs/dossier.md), and what keeps one from being made. */
export const dossierErrors = {
  // The file.
  DOSSIER_UNREADABLE: refusal("The file is not JSON, or ends too early."),
  DOSSIER_TOO_LARGE: refusal("A part of the dossier is larger or deeper than any dossier needs."),
  DOSSIER_FORM_INVALID: refusal("The dossier does not have the form that its schema asks for."),
  DOSSIER_VERSION_UNSUPPORTED: refusal("This version of the format is not known here."),
  // Sessions and their records.
  DOSSIER_SESSION_REPEATED: refusal("A session is counted twice."),
  DOSSIER_TERMS_DIFFER: refusal("The session's id is not the digest of its terms."),
  DOSSIER_OPERATOR_DIFFERS: refusal("The session belongs to another operator."),
  DOSSIER_METER_DIFFERS: refusal("The session was metered by another meter, or at another EVSE."),
  DOSSIER_POWER_EXCEEDED: refusal("More energy than the EVSE can deliver in the session's time."),
  DOSSIER_TIME_BACKWARDS: refusal("The session ends before it begins."),
  DOSSIER_TIME_OUTSIDE: refusal("The session does not end in the month or the period that it is counted in."),
  DOSSIER_KEY_NOT_VALID: refusal("The meter's key was not valid at the time of the session."),
  DOSSIER_CALIBRATION_EXPIRED: refusal("The meter's calibration had expired at the time of the session."),
  DOSSIER_RECORD_MISSING: refusal("Energy is counted for which there is no signed record."),
  DOSSIER_RECORD_INVALID: refusal("A record does not verify with the meter's key."),
  DOSSIER_RECORD_REPEATED: refusal("A record of the meter is counted twice, or out of its order."),
  DOSSIER_RECORD_DIFFERS: refusal("A record is not the one that the dossier names by its hash."),
  DOSSIER_RECORDS_INCOMPLETE: refusal("The records do not prove begin and end of the session."),
  DOSSIER_RECORD_OF_ANOTHER_SESSION: refusal("The meter signed the record for another session."),
  DOSSIER_ENERGY_DIFFERS: refusal("The meter signed other registers than the dossier counts."),
  DOSSIER_TIME_DIFFERS: refusal("The meter signed other times than the dossier says."),
  DOSSIER_PROOF_OVERSTATED: refusal("The session is said to be better proven than it is."),
  // Meters.
  DOSSIER_KEY_SWAPPED: refusal("No record of the meter is signed with the key that the dossier gives it."),
  DOSSIER_KEY_REPEATED: refusal("Two meters have the same key."),
  DOSSIER_KEY_INVALID: refusal("The meter's key is no point of its curve."),
  DOSSIER_METER_UNKNOWN: refusal("The dossier does not say which meter or EVSE this is."),
  DOSSIER_REGISTER_BACKWARDS: refusal("A register runs backwards."),
  DOSSIER_INTERVALS_OVERLAP: refusal("Two sessions count the same energy of a register."),
  DOSSIER_ORDER_UNPROVEN: refusal("Neither register, number nor time tells two sessions of the meter apart."),
  DOSSIER_GAP_HIDDEN: refusal("What lies between the sessions is not listed as it is."),
  DOSSIER_CONTINUITY_DIFFERS: refusal("Sessions and gaps do not add up to the difference of the registers."),
  // Fleet statements that are checked by a dossier.
  FLEET_CODE_UNKNOWN: refusal("The dossier has no session with this code."),
  FLEET_LINE_REPEATED: refusal("A session stands twice on the statement."),
  FLEET_LINE_DIFFERS: refusal("A line says something else than the dossier."),
  FLEET_SUM_DIFFERS: refusal("A sum is not that of its lines."),
  // Sums and commitments.
  DOSSIER_MONTHS_UNSORTED: refusal("Meters and months are not in their order, or one comes twice."),
  DOSSIER_EXCLUSIONS_DIFFER: refusal("The excluded sessions are not those that were committed to."),
  DOSSIER_TOTALS_DIFFER: refusal("A total is not the sum of what is counted."),
  DOSSIER_SUMMARY_DIFFERS: refusal("The public summary does not follow from the totals."),
  DOSSIER_ROOT_DIFFERS: refusal("The root does not follow from the leaves."),
  DOSSIER_SIGNATURE_INVALID: refusal("A signature of an oracle does not belong to this dossier."),
  DOSSIER_SIGNATURE_MISSING: refusal("No oracle has signed the dossier."),
  DOSSIER_SAMPLE_DIFFERS: refusal("Other sessions are disclosed than were drawn."),
  // The chain.
  DOSSIER_CHAIN_DIFFERS: refusal("The endpoint is on another chain, or the contracts do not name each other."),
  DOSSIER_SIGNER_UNKNOWN: refusal("Who signed the dossier is none of the oracles."),
  DOSSIER_QUORUM_LACKING: refusal("Fewer oracles signed than the committee asks for."),
  DOSSIER_KEY_DIFFERS: refusal("The registry has another key for the meter."),
  DOSSIER_REGISTRATION_DIFFERS: refusal("The registry says something else of the meter or the EVSE."),
  DOSSIER_SESSION_UNSETTLED: refusal("The chain has not settled the session where the dossier says so."),
  DOSSIER_SESSION_EXPIRED: refusal("The session expired on the chain."),
  DOSSIER_SESSION_CORRECTED: refusal("A challenge has corrected the session."),
  DOSSIER_SETTLEMENT_DIFFERS: refusal("The chain settled another energy."),
  DOSSIER_PROVENANCE_OVERSTATED: refusal("The registry knows less of who vouches for the meter."),
  DOSSIER_SAMPLE_TOO_EARLY: refusal("The sample was drawn from a block that was there before the dossier."),
  // The claim on the chain.
  DOSSIER_CLAIM_CONTRACT_DIFFERS: refusal("The claims contract that the dossier names is not one of this settlement."),
  DOSSIER_CLAIM_CONTRADICTED: refusal("The claim of this dossier was shown to be wrong."),
  DOSSIER_CLAIM_DIFFERS: refusal("The claim on the chain says something else than the dossier."),
  DOSSIER_CLAIM_OVERLAPS: refusal("The same energy is claimed a second time in the group of the purpose."),
  DOSSIER_CLAIM_MISSING: refusal("Nobody has claimed the energy of this dossier."),
  DOSSIER_CONSENT_MISSING: refusal("The purpose needs consents of drivers on which the dossier does not rest."),
  DOSSIER_CONSENT_LACKING: refusal("A driver in the dossier did not consent to it."),
  DOSSIER_SAMPLE_BEFORE_CLAIM: refusal("The sample was drawn from a block that was there before the claim."),
  // Making one.
  DOSSIER_EMPTY: refusal("There is no session in this period."),
  DOSSIER_PURPOSE_UNKNOWN: refusal("There is no such purpose."),
  DOSSIER_OTHERWISE_KNOWN: {
    httpStatus: 409,
    isRetryable: false,
    title: "The records of this oracle's service give another dossier.",
  },
  DOSSIER_INCOMPLETE: {
    httpStatus: 502,
    isRetryable: true,
    title: "The service did not finish the dossier; nothing was written.",
  },
} as const satisfies CatalogueEntries;
