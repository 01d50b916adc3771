import type { AnswerPayload, StationCall } from "../action.ts";
import { timeText } from "../action.ts";
import type { IdTokenDecision, IdTokenQuestion, IdTokenStatus } from "../id-token-policy.ts";
import { countOf } from "../payload.ts";

/** The words of `AuthorizationStatus`; 1.6 has no finer ones. */
const statusWords: Readonly<Record<IdTokenStatus, string>> = {
  Accepted: "Accepted",
  Blocked: "Blocked",
  ConcurrentTx: "ConcurrentTx",
  Expired: "Expired",
  Invalid: "Invalid",
  NoCredit: "Blocked",
  NotAllowedTypeEVSE: "Invalid",
  NotAtThisLocation: "Invalid",
  NotAtThisTime: "Invalid",
  Unknown: "Invalid",
};

/** What a call asks about the idTag that it names. */
export function questionOf(
  { stationId, protocol, payload }: StationCall,
  idToken: string,
  occasion: IdTokenQuestion["occasion"],
): IdTokenQuestion {
  const connectorId = countOf(payload, "connectorId");
  const stationEvse = connectorId === 0 ? null : connectorId;
  const nothing = { idTokenType: null, ocppTransactionId: null, certificate: null };
  return { stationId, protocol, idToken, stationEvse, occasion, ...nothing };
}

export function idTagInfo({ status, expiresAtMs }: IdTokenDecision): AnswerPayload {
  const word = statusWords[status];
  return expiresAtMs === null ? { status: word } : { status: word, expiryDate: timeText(expiresAtMs) };
}
