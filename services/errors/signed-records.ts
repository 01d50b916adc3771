import type { CatalogueEntries } from "./catalogue-entry.ts";

/**
 * Records of signed meter values (docs/ocmf.md): 422 = read and refused, 501 = not implemented, so nothing is said
 * about it.
 */
export const signedRecordErrors = {
  OCMF_RECORD_TOO_LARGE: { httpStatus: 422, isRetryable: false, title: "The record is longer than a record may be." },
  OCMF_UTF8_INVALID: { httpStatus: 422, isRetryable: false, title: "The record is not valid UTF-8." },
  FORMAT_UNSUPPORTED: {
    httpStatus: 501,
    isRetryable: false,
    title: "The signed value is in a format that is not read.",
  },
  OCMF_HEADER_INVALID: { httpStatus: 422, isRetryable: false, title: 'The record does not begin with "OCMF|".' },
  OCMF_FRAMING_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "The record does not consist of exactly three sections.",
  },
  OCMF_JSON_SYNTAX: { httpStatus: 422, isRetryable: false, title: "A section is not exactly one JSON object." },
  OCMF_JSON_TOO_DEEP: { httpStatus: 422, isRetryable: false, title: "The JSON is nested deeper than a record may be." },
  OCMF_JSON_DUPLICATE_KEY: { httpStatus: 422, isRetryable: false, title: "A key occurs twice in one JSON object." },
  OCMF_JSON_ESCAPED_KEY: { httpStatus: 422, isRetryable: false, title: "A key is written with an escape sequence." },
  OCMF_JSON_LONE_SURROGATE: {
    httpStatus: 422,
    isRetryable: false,
    title: "A string holds half of a surrogate pair.",
  },
  OCMF_FIELD_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "A field that a decision rests on has the wrong type.",
  },
  OCMF_ALGORITHM_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "SA names no algorithm of the table." },
  OCMF_ENCODING_UNKNOWN: { httpStatus: 422, isRetryable: false, title: 'SE is neither "hex" nor "base64".' },
  OCMF_MIME_TYPE_UNKNOWN: { httpStatus: 422, isRetryable: false, title: 'SM is not "application/x-der".' },
  OCMF_SIGNATURE_MISSING: { httpStatus: 422, isRetryable: false, title: "The signature section has no SD." },
  OCMF_SIGNATURE_MALFORMED: { httpStatus: 422, isRetryable: false, title: "SD cannot be read as two numbers." },
  OCMF_SIGNATURE_OUT_OF_RANGE: { httpStatus: 422, isRetryable: false, title: "r or s is not between 1 and n-1." },
  OCMF_SIGNATURE_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signature does not belong to this payload and key.",
  },
  OCMF_KEY_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "No public key is registered for the meter of this record.",
  },
  OCMF_KEY_MALFORMED: { httpStatus: 422, isRetryable: false, title: "The public key cannot be read." },
  OCMF_KEY_NOT_ON_CURVE: { httpStatus: 422, isRetryable: false, title: "The public key is not a point of its curve." },
  OCMF_KEY_CURVE_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The public key is of another curve than SA names.",
  },
  OCMF_CURVE_UNSUPPORTED: { httpStatus: 501, isRetryable: false, title: "The curve is not implemented." },
  OCMF_KEY_FORMAT_UNSUPPORTED: {
    httpStatus: 501,
    isRetryable: false,
    title: "The format of the public key is not implemented.",
  },
  OCMF_FORMAT_VERSION_UNKNOWN: {
    httpStatus: 422,
    isRetryable: false,
    title: "FV is not a published version of the format.",
  },
  OCMF_PAGINATION_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "PG is missing or not T or F with a number without leading zeros.",
  },
  OCMF_FISCAL_RECORD: {
    httpStatus: 422,
    isRetryable: false,
    title: "The record is a fiscal reading, not one of a transaction.",
  },
  OCMF_IDENTIFICATION_ERROR: {
    httpStatus: 422,
    isRetryable: false,
    title: "The identification of the user failed at the charger.",
  },
  OCMF_IDENTIFICATION_LEVEL_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "IL is not in the table." },
  OCMF_READINGS_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "RD is missing, empty or not a list of objects.",
  },
  OCMF_READINGS_TOO_MANY: {
    httpStatus: 422,
    isRetryable: false,
    title: "RD has more readings than a record may have.",
  },
  OCMF_TRANSACTION_MARKER_MISSING: { httpStatus: 422, isRetryable: false, title: "The first reading has no TX." },
  OCMF_TRANSACTION_MARKER_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "TX is not in the table." },
  OCMF_TRANSACTION_EXCEPTION: {
    httpStatus: 422,
    isRetryable: false,
    title: "A reading reports an exception: the energy cannot be used.",
  },
  OCMF_METER_STATE_NOT_GOOD: { httpStatus: 422, isRetryable: false, title: "ST is missing or not G." },
  OCMF_ERROR_FLAG_ENERGY: { httpStatus: 422, isRetryable: false, title: "EF says that the energy must not be billed." },
  OCMF_ERROR_FLAG_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "EF holds a flag that is not in the table." },
  OCMF_TIME_INVALID: { httpStatus: 422, isRetryable: false, title: "TM is missing or not a time." },
  OCMF_IMPORT_REGISTER_MISSING: { httpStatus: 422, isRetryable: false, title: "No reading is of an import register." },
  OCMF_UNIT_UNKNOWN: {
    httpStatus: 422,
    isRetryable: false,
    title: "The unit of an import register is neither kWh nor Wh.",
  },
  OCMF_VALUE_MISSING: { httpStatus: 422, isRetryable: false, title: "A begin or end reading has no RV." },
  OCMF_VALUE_INVALID: { httpStatus: 422, isRetryable: false, title: "RV is not a number that may be billed." },
  OCMF_BEGIN_REPEATED: { httpStatus: 422, isRetryable: false, title: "A register has two begin readings." },
  OCMF_END_REPEATED: { httpStatus: 422, isRetryable: false, title: "A register has two end readings." },
  OCMF_READING_ORDER: {
    httpStatus: 422,
    isRetryable: false,
    title: "A reading stands before the begin or after the end.",
  },
  OCMF_VALUE_DECREASING: {
    httpStatus: 422,
    isRetryable: false,
    title: "An import register runs backwards between begin and end.",
  },
  OCMF_ENERGY_NEGATIVE: { httpStatus: 422, isRetryable: false, title: "The end reading is below the begin reading." },
  OCMF_TIME_REVERSED: { httpStatus: 422, isRetryable: false, title: "The end time is before the begin time." },
  OCMF_REGISTER_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "Begin and end are not readings of the same register.",
  },
  OCMF_REGISTER_AMBIGUOUS: {
    httpStatus: 422,
    isRetryable: false,
    title: "Two registers could be billed and nothing says which.",
  },
  OCMF_SESSION_EMPTY: { httpStatus: 422, isRetryable: false, title: "The session has no records." },
  OCMF_SESSION_TOO_LONG: {
    httpStatus: 422,
    isRetryable: false,
    title: "The session has more records than a session may have.",
  },
  OCMF_SESSION_KEY_MISMATCH: { httpStatus: 422, isRetryable: false, title: "The records are of different meter keys." },
  OCMF_SESSION_REPLAY: { httpStatus: 422, isRetryable: false, title: "A record occurs twice in the session." },
  OCMF_SESSION_METER_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The records name different meters or gateways.",
  },
  OCMF_SESSION_IDENTIFICATION_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The records name different users.",
  },
  OCMF_SESSION_PAGINATION_GAP: {
    httpStatus: 422,
    isRetryable: false,
    title: "Records between begin and end are missing.",
  },
  OCMF_SESSION_BEGIN_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "No record of the session has a begin reading.",
  },
  OCMF_SESSION_END_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "No record of the session has an end reading.",
  },
  OCMF_SESSION_BEGIN_REPEATED: {
    httpStatus: 422,
    isRetryable: false,
    title: "More than one record of the session has a begin reading.",
  },
  OCMF_SESSION_END_REPEATED: {
    httpStatus: 422,
    isRetryable: false,
    title: "More than one record of the session has an end reading.",
  },
  OCMF_SESSION_ORDER: {
    httpStatus: 422,
    isRetryable: false,
    title: "The begin record is not the first or the end record is not the last.",
  },
  // Command line of verify:ocmf.
  OCMF_INPUT_UNREADABLE: { httpStatus: 400, isRetryable: false, title: "A file cannot be read." },
  OCMF_MANIFEST_INVALID: {
    httpStatus: 400,
    isRetryable: false,
    title: "The manifest does not have the form of a manifest.",
  },
  OCMF_ON_CHAIN_LIMIT: {
    httpStatus: 422,
    isRetryable: false,
    title: "The record is beyond what the contract takes.",
  },
  OCMF_ON_CHAIN_UNAVAILABLE: {
    httpStatus: 501,
    isRetryable: false,
    title: "Judging by the contract is not available.",
  },
} as const satisfies CatalogueEntries;
