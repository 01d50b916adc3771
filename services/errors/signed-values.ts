import type { CatalogueEntries } from "./catalogue-entry.ts";

/** Signed values in other formats than OCMF (docs/signed-formats.md): all are read and refused. */
export const signedValueErrors = {
  SIGNED_VALUE_MALFORMED: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signed value does not have the form of its format.",
  },
  SIGNED_VALUE_CHECKSUM_WRONG: {
    httpStatus: 422,
    isRetryable: false,
    title: "A checksum of the signed value is wrong: it was damaged or changed on its way.",
  },
  SIGNED_VALUE_FIELD_MISSING: { httpStatus: 422, isRetryable: false, title: "A part that is signed is missing." },
  SIGNED_VALUE_FIELD_REPEATED: {
    httpStatus: 422,
    isRetryable: false,
    title: "A part that is signed is there twice, so two readers could see two values.",
  },
  SIGNED_VALUE_KEY_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "The meter's public key is neither given nor in the file.",
  },
  SIGNED_VALUE_KEY_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "This format does not sign with such a public key.",
  },
  SIGNED_VALUE_SIGNATURE_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signed value lacks its signature.",
  },
  SIGNED_VALUE_SIGNATURE_MALFORMED: { httpStatus: 422, isRetryable: false, title: "The signature cannot be read." },
  SIGNED_VALUE_SIGNATURE_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signature is not that of the key over the signed value.",
  },
  SIGNED_VALUE_CONTRADICTED: {
    httpStatus: 422,
    isRetryable: false,
    title: "What stands beside the signed value says something else than what is signed.",
  },
  SIGNED_VALUE_UNIT_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "The unit does not measure energy." },
  SIGNED_VALUE_REGISTER_UNKNOWN: {
    httpStatus: 422,
    isRetryable: false,
    title: "The register does not count imported energy, so it cannot be billed.",
  },
  SIGNED_VALUE_NUMBER_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "A number cannot be read, or a meter cannot have counted it.",
  },
  SIGNED_VALUE_TIME_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "A time cannot be read, or the end is before the begin.",
  },
  SIGNED_VALUE_DECREASING: {
    httpStatus: 422,
    isRetryable: false,
    title: "The end reading is below the begin reading.",
  },
  SIGNED_VALUE_NOT_FINAL: {
    httpStatus: 422,
    isRetryable: false,
    title: "The value says itself that the transaction has not ended.",
  },
  SIGNED_VALUE_SESSIONS_SEVERAL: {
    httpStatus: 422,
    isRetryable: false,
    title: "One record holds values of several sessions.",
  },
  SIGNED_VALUE_METER_ERROR: {
    httpStatus: 422,
    isRetryable: false,
    title: "The meter says itself that its value must not be billed.",
  },
  SIGNED_SESSION_KEY_MISMATCH: { httpStatus: 422, isRetryable: false, title: "The values are of different keys." },
  SIGNED_SESSION_METER_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The values are of different meters, registers or formats.",
  },
  SIGNED_SESSION_IDENTIFICATION_MISMATCH: {
    httpStatus: 422,
    isRetryable: false,
    title: "The values name different users.",
  },
  SIGNED_SESSION_INCOMPLETE: {
    httpStatus: 422,
    isRetryable: false,
    title: "The begin or the end of the session is missing.",
  },
  SIGNED_SESSION_REPLAY: { httpStatus: 422, isRetryable: false, title: "A value is in the session twice." },
  SIGNED_SESSION_ORDER: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signed counters or times do not have the order that begin and end claim.",
  },
  SIGNED_SESSION_DECREASING: {
    httpStatus: 422,
    isRetryable: false,
    title: "The register runs backwards within the session.",
  },
} as const satisfies CatalogueEntries;
