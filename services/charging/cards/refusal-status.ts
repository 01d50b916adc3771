import type { IdTokenStatus } from "../../ocpp/id-token-policy.ts";

/** What a station is told where the session of a bound idToken cannot be opened, by the reason. */
const statuses: Readonly<Record<string, IdTokenStatus>> = {
  CONSENT_REVOKED: "Blocked",
  CONSENT_EXPIRED: "Expired",
  OPERATOR_NOT_ALLOWED: "NotAtThisLocation",
  TARIFF_NOT_ASSIGNED: "NotAtThisLocation",
  HOLD_ABOVE_SESSION_CAP: "NoCredit",
  HOLD_ABOVE_PERIOD_CAP: "NoCredit",
  HOLD_ABOVE_BALANCE: "NoCredit",
  SESSION_LIVE: "ConcurrentTx",
  NONCE_MISMATCH: "ConcurrentTx",
  OPENING_PAUSED: "NotAtThisTime",
  OPENING_TIMEOUT: "NotAtThisTime",
  START_TOO_OLD: "NotAtThisTime",
};

/** Every other reason is a fault of what was bound or registered. */
export function statusOfRefusal(reason: string): IdTokenStatus {
  return statuses[reason] ?? "Invalid";
}
