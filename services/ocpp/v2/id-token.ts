import type { AnswerPayload, StationCall } from "../action.ts";
import { timeText } from "../action.ts";
import type { IdTokenDecision, IdTokenQuestion } from "../id-token-policy.ts";
import { countOf, nameOf, recordOf, textOf, type JsonRecord } from "../payload.ts";

/** The idToken that a call names; `null` where it names none. */
export function idTokenOf(payload: JsonRecord): string | null {
  return textOf(recordOf(payload, "idToken"), "idToken");
}

/** The station's id of the transaction that a call is about. */
export function transactionIdOf(payload: JsonRecord): string | null {
  return nameOf(recordOf(payload, "transactionInfo"), "transactionId");
}

/** What a call asks about the idToken that it names. */
export function questionOf(
  { stationId, protocol, payload }: StationCall,
  occasion: IdTokenQuestion["occasion"],
): IdTokenQuestion {
  const stationEvse = countOf(recordOf(payload, "evse"), "id");
  return {
    stationId,
    protocol,
    idToken: idTokenOf(payload) ?? "",
    idTokenType: textOf(recordOf(payload, "idToken"), "type"),
    stationEvse: stationEvse === 0 ? null : stationEvse,
    occasion,
    ocppTransactionId: transactionIdOf(payload),
    certificate: null,
  };
}

export function idTokenInfo({ status, expiresAtMs }: IdTokenDecision): AnswerPayload {
  return expiresAtMs === null ? { status } : { status, cacheExpiryDateTime: timeText(expiresAtMs) };
}
