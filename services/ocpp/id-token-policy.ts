import type { CertificateStatus, PresentedCertificate } from "../evidence/contract-certificate.ts";
import type { OcppProtocol } from "../store/ocpp.ts";

const idTokenStatuses = [
  "Accepted",
  "Blocked",
  "ConcurrentTx",
  "Expired",
  "Invalid",
  "NoCredit",
  "NotAllowedTypeEVSE",
  "NotAtThisLocation",
  "NotAtThisTime",
  "Unknown",
] as const;

/** What a station is told about an idToken, in the words of 2.x; what 1.6 has no word for becomes the nearest one. */
export type IdTokenStatus = (typeof idTokenStatuses)[number];

export function isIdTokenStatus(word: string | null): word is IdTokenStatus {
  return idTokenStatuses.some((status) => status === word);
}

/** An idToken that a station asks about. */
export interface IdTokenQuestion {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly idToken: string;
  /** Of 2.x, such as `ISO14443` or `eMAID`; `null` in 1.6. */
  readonly idTokenType: string | null;
  /** The station's own number of the EVSE (in 1.6 of the connector), where it says one. */
  readonly stationEvse: number | null;
  /** Whether it asks beforehand, or reports what has begun or ended. */
  readonly occasion: "authorize" | "started" | "updated" | "ended";
  /** The transaction that has begun; `null` beforehand, and where the station does not say. */
  readonly ocppTransactionId: string | null;
  /** What was presented of a contract of ISO 15118. */
  readonly certificate: PresentedCertificate | null;
}

export interface IdTokenDecision {
  readonly status: IdTokenStatus;
  /** Until when the station may remember the decision; `null`: it is not told. */
  readonly expiresAtMs: number | null;
  /** What is said of a certificate that was presented; without it, that there is none. */
  readonly certificateStatus?: CertificateStatus | null;
}

/** Decides about idTokens. A rejection is a fault of ours: the station gets no answer and asks again. */
export interface IdTokenPolicy {
  decide(question: IdTokenQuestion): Promise<IdTokenDecision>;
}
