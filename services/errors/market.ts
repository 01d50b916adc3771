import type { CatalogueEntries } from "./catalogue-entry.ts";

function refusal(title: string): { readonly httpStatus: 422; readonly isRetryable: false; readonly title: string } {
  return { httpStatus: 422, isRetryable: false, title };
}

function conflict(title: string): { readonly httpStatus: 409; readonly isRetryable: false; readonly title: string } {
  return { httpStatus: 409, isRetryable: false, title };
}

/** What keeps proven energy from being claimed, offered and paid for. */
export const marketErrors = {
  EVIDENCE_NOT_DEPLOYED: conflict("The deployment has no such contract of the market of evidence; run deploy."),
  DOSSIER_NOT_SIGNED_HERE: conflict("This oracle has not signed the dossier with these sums."),
  STATEMENT_OTHERWISE_KNOWN: conflict("This oracle's records and the chain give another statement."),
  STATEMENT_QUORUM_LACKING: {
    httpStatus: 503,
    isRetryable: true,
    title: "Fewer oracles signed the statement than the committee asks for.",
  },
  CLAIM_PURPOSE_DIFFERS: refusal("The purpose on the chain is not the one that the dossier was made for."),
  CLAIM_PURPOSE_UNKNOWN: refusal("The claims contract has no purpose of this name."),
  CLAIM_PERIOD_OPEN: refusal("The period of the dossier has not ended."),
  CLAIM_METER_NOT_ENROLLED: refusal("A meter is not enrolled for claims; run claim enrol."),
  CLAIM_METER_NOT_JOINED: refusal("One meter is several devices in the claims contract; run claim join."),
  CLAIM_UNKNOWN: refusal("There is no such claim, or it is of another dossier."),
  CLAIM_STANDS: refusal("The records prove at least what the claim says."),
  COVENANT_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "There is no such covenant." },
  COVENANT_KEPT: refusal("The session does not break the covenant."),
  COVENANT_UNPROVEN: refusal("Nothing on the chain shows what the session's meter signed."),
  CONSENT_LACKING: refusal("Not every driver in the dossier lets the operator use the data so."),
  OFFER_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "Nobody makes this offer here." },
  ROUND_DIFFERS: refusal("The round is not the next one, or does not take whole sales."),
  ROUND_DOSSIER_MISSING: refusal("A dossier that was sold is not among those that were given."),
  ROUND_EMPTY: refusal("No sale has brought anything into the drivers' pool since the last round."),
  DOSSIER_NOT_OF_OFFER: refusal("The dossier is not what the offer sells."),
  PAYMENT_INVALID: { httpStatus: 400, isRetryable: false, title: "The payment is not one for this offer." },
  SALE_REFUSED: { httpStatus: 409, isRetryable: false, title: "The chain refuses the sale." },
  SALE_UNFINISHED: {
    httpStatus: 503,
    isRetryable: true,
    title: "The sale is not on the chain yet; send the same payment again.",
  },
  SALE_UNAVAILABLE: { httpStatus: 501, isRetryable: false, title: "This service sends no sales to the chain." },
  PAYMENT_NOT_ARRIVED: refusal("The transaction did not bring this payment to the sales."),
} as const satisfies CatalogueEntries;
