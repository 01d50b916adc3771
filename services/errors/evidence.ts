import type { CatalogueEntries } from "./catalogue-entry.ts";

/** Records and the sessions that they belong to. */
export const evidenceErrors = {
  CONSENT_INVALID: { httpStatus: 400, isRetryable: false, title: "The consent is not of the documented form." },
  CONSENT_UNSIGNED: { httpStatus: 403, isRetryable: false, title: "The session's driver did not sign the consent." },
  STATION_NOT_AT_EVSE: { httpStatus: 403, isRetryable: false, title: "The station may not report for this EVSE." },
  SESSION_UNKNOWN: { httpStatus: 404, isRetryable: true, title: "No open session is known by this id or idTag." },
  SESSION_REFERENCE_MISMATCH: { httpStatus: 409, isRetryable: false, title: "The record names another session." },
  SESSION_UNSERVABLE: { httpStatus: 409, isRetryable: false, title: "The session's EVSE or meter is not in order." },
  ID_TAG_SEEN_BEFORE: { httpStatus: 409, isRetryable: false, title: "Another session had the same idTag before." },
  SESSION_CLOSED: { httpStatus: 409, isRetryable: false, title: "The session takes no more records." },
  SESSION_EVENT_ILLEGAL: { httpStatus: 409, isRetryable: false, title: "The session cannot take this step." },
  RECORD_UNBOUND: { httpStatus: 422, isRetryable: false, title: "The record does not carry the session's idTag." },
  RECORD_REPLAYED: { httpStatus: 409, isRetryable: false, title: "The record counts in another session already." },
  RECORD_CONFLICT: { httpStatus: 409, isRetryable: false, title: "Another record has the same key and pagination." },
  RECORD_OUT_OF_RANGE: { httpStatus: 422, isRetryable: false, title: "A value of the record is beyond any meter." },
  METER_NOT_VALID: { httpStatus: 422, isRetryable: false, title: "The meter's records do not count at this time." },
  METER_CURVE_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "The meter's curve is not one of the table." },
  TARIFF_MISSING: { httpStatus: 503, isRetryable: true, title: "The session's tariff cannot be found." },
  SESSION_NOT_SETTLED: { httpStatus: 409, isRetryable: true, title: "Nothing was paid for the session yet." },
  REFUND_TOO_HIGH: { httpStatus: 409, isRetryable: false, title: "More than the driver has paid is not given back." },
  RECEIPT_NOT_READY: { httpStatus: 404, isRetryable: true, title: "The session is not settled and confirmed." },
} as const satisfies CatalogueEntries;
