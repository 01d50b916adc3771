import type { CatalogueEntries } from "./catalogue-entry.ts";

/** What verify:cdr finds in a charge detail record of OCPI (docs/cdr.md). */
export const chargeDetailRecordErrors = {
  CDR_FIELD_MISSING: { httpStatus: 422, isRetryable: false, title: "A field that OCPI asks for is missing." },
  CDR_FIELD_INVALID: { httpStatus: 422, isRetryable: false, title: "A field is not what OCPI asks for." },
  CDR_NUMBER_AS_TEXT: { httpStatus: 422, isRetryable: false, title: "A number is written as text." },
  CDR_NUMBER_OUT_OF_RANGE: { httpStatus: 422, isRetryable: false, title: "No charging session has such a number." },
  CDR_ID_REPEATED: { httpStatus: 422, isRetryable: false, title: "Two records of the file have the same id." },
  CDR_TIMES_INVALID: { httpStatus: 422, isRetryable: false, title: "The session does not end after it begins." },
  CDR_TARIFF_MISSING: { httpStatus: 422, isRetryable: false, title: "The tariff of a charging period is not there." },
  CDR_TARIFF_INVALID: { httpStatus: 422, isRetryable: false, title: "The record's tariff is none of OCPI." },
  CDR_TARIFF_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The record was not priced by the tariff that it was to be priced by.",
  },
  CDR_TARIFF_UNSUPPORTED: {
    httpStatus: 422,
    isRetryable: false,
    title: "What the tariff depends on is not in the record, so its price cannot be recomputed.",
  },
  CDR_CURRENCY_DIFFERS: { httpStatus: 422, isRetryable: false, title: "Record and tariff have different currencies." },
  CDR_PERIODS_UNSORTED: { httpStatus: 422, isRetryable: false, title: "The charging periods are not in their order." },
  CDR_PERIODS_OVERLAP: {
    httpStatus: 422,
    isRetryable: false,
    title: "A charging period lasts longer than until the next one.",
  },
  CDR_PERIOD_OUTSIDE: { httpStatus: 422, isRetryable: false, title: "A charging period is outside of the session." },
  CDR_ENERGY_SUM_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The energy of the charging periods is not the total.",
  },
  CDR_ENERGY_UNEXPLAINED: {
    httpStatus: 422,
    isRetryable: false,
    title: "Energy has a price, and no charging period says how much there was.",
  },
  CDR_ENERGY_COST_WITHOUT_ENERGY: {
    httpStatus: 422,
    isRetryable: false,
    title: "Energy costs something, and there is none.",
  },
  CDR_TIME_SUM_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The time of the charging periods is not the total.",
  },
  CDR_COMPONENT_COST_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "A part of the cost is not what the tariff gives.",
  },
  CDR_TOTAL_COST_DIFFERS: { httpStatus: 422, isRetryable: false, title: "The cost is not what the tariff gives." },
  CDR_TAX_DIFFERS: { httpStatus: 422, isRetryable: false, title: "The cost with tax is not what the tariff gives." },
  CDR_TAX_UNTOLD: {
    httpStatus: 422,
    isRetryable: false,
    title: "A tax was charged, and neither tariff nor record says its rate.",
  },
  CDR_COST_NEGATIVE: {
    httpStatus: 422,
    isRetryable: false,
    title: "A record gives money back without being a credit.",
  },
  CDR_CREDIT_REFERENCE_MISSING: {
    httpStatus: 422,
    isRetryable: false,
    title: "A credit does not say which record it takes back.",
  },
  CDR_CREDIT_POSITIVE: { httpStatus: 422, isRetryable: false, title: "A credit asks for money." },
  CDR_CREDIT_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "A credit does not take back what the record that it names says.",
  },
  CDR_SIGNED_FORMAT_UNSUPPORTED: {
    httpStatus: 422,
    isRetryable: false,
    title: "The format of the signed data cannot be verified here.",
  },
  CDR_SIGNED_KEY_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "The meter's public key is missing, or not in base64 as OCPI asks.",
  },
  CDR_SIGNED_VALUE_INVALID: { httpStatus: 422, isRetryable: false, title: "A signed value is not in base64." },
  CDR_SIGNED_PLAIN_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The readable form of a signed value is not what was signed.",
  },
  CDR_SIGNED_INCOMPLETE: {
    httpStatus: 422,
    isRetryable: false,
    title: "The signed values do not prove begin and end of one session.",
  },
  CDR_SIGNED_SESSION_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The meter signed these values for another session.",
  },
  CDR_SIGNED_TIME_DIFFERS: {
    httpStatus: 422,
    isRetryable: false,
    title: "The meter signed these values at another time.",
  },
  CDR_SIGNED_ENERGY_DIFFERS: { httpStatus: 422, isRetryable: false, title: "The meter signed another energy." },
} as const satisfies CatalogueEntries;
