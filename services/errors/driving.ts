import type { CatalogueEntries } from "./catalogue-entry.ts";

/** What the driver's page, cards and the tariffs of charging points refuse. */
export const drivingErrors = {
  PAGE_NOT_BUILT: { httpStatus: 503, isRetryable: false, title: "The page was not built." },
  CLIENT_RATE_EXCEEDED: { httpStatus: 429, isRetryable: true, title: "More requests than one client may make." },
  RELAY_NOT_CONFIGURED: { httpStatus: 503, isRetryable: false, title: "This service opens no sessions for drivers." },
  RELAY_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The service cannot send openings at present." },
  RELAY_AMOUNT_TOO_SMALL: { httpStatus: 422, isRetryable: false, title: "The service pays no gas for so little." },
  RELAY_BUDGET_EXCEEDED: { httpStatus: 429, isRetryable: true, title: "The service pays no more gas for now." },
  RELAY_CALL_PENDING: { httpStatus: 409, isRetryable: true, title: "Another call of this account is on its way." },
  RELAY_CALL_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "Nobody asked for this call here." },
  RELAYER_UNFUNDED: { httpStatus: 503, isRetryable: true, title: "The account that pays for gas is empty." },
  EVSE_NOT_SERVED: { httpStatus: 422, isRetryable: false, title: "This service serves no charge on these terms." },
  EVSE_NOT_FREE: { httpStatus: 409, isRetryable: true, title: "The charger cannot take a car there now." },
  OPENING_REFUSED: { httpStatus: 422, isRetryable: false, title: "The contract would not open the session." },
  PASSKEY_ASSERTION_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "The passkey did not sign this, or not for this page.",
  },
  PASSKEY_CALL_REFUSED: { httpStatus: 422, isRetryable: false, title: "The service pays no gas for such a call." },
  ORDER_REFUSED: { httpStatus: 422, isRetryable: false, title: "The contract would not carry out the driver's order." },
  STOP_UNAUTHENTICATED: { httpStatus: 403, isRetryable: false, title: "Only the session's driver can stop it." },
  SESSION_UNAUTHENTICATED: {
    httpStatus: 401,
    isRetryable: false,
    title: "Only the session's driver and the operator may see this.",
  },
  VIEW_UNSIGNED: { httpStatus: 403, isRetryable: false, title: "The session's driver did not sign for this key." },
  // Receipts and credit notes.
  SELLER_INVALID: { httpStatus: 422, isRetryable: false, title: "The seller's file is not of the documented form." },
  MAIL_NOT_CONFIGURED: { httpStatus: 503, isRetryable: false, title: "This service sends no mail." },
  DELIVERY_NOT_TAKEN: { httpStatus: 502, isRetryable: true, title: "Nobody took what was sent." },
  TRANSPARENCY_FILE_NONE: {
    httpStatus: 404,
    isRetryable: false,
    title: "There is no file for the transparency software.",
  },
  RECORDS_GRANT_INVALID: { httpStatus: 400, isRetryable: false, title: "The grant is not of the documented form." },
  RECORDS_GRANT_EXPIRED: { httpStatus: 403, isRetryable: false, title: "The driver's grant of records is over." },
  RECORDS_GRANT_TOO_LONG: { httpStatus: 422, isRetryable: false, title: "No grant of records holds for so long." },
  RECORDS_UNSIGNED: { httpStatus: 403, isRetryable: false, title: "The driver did not sign this for this service." },
  STOP_UNSUPPORTED: { httpStatus: 409, isRetryable: false, title: "The charger cannot be stopped from here." },
  // Cards and contracts that open sessions.
  FLEET_NOT_CONFIGURED: { httpStatus: 503, isRetryable: false, title: "This service holds no key of any fleet." },
  FLEET_KEY_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "The consent is for a key that is not held here." },
  ID_TOKEN_INVALID: { httpStatus: 400, isRetryable: false, title: "The binding is not of the documented form." },
  ID_TOKEN_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "The idToken is not bound." },
  VEHICLE_CONSENT_MISSING: { httpStatus: 409, isRetryable: false, title: "The driver's consent does not stand." },
  TARIFF_UNPUBLISHED: { httpStatus: 422, isRetryable: false, title: "Nobody has published the tariff." },
  // Which tariffs charging points offer.
  TARIFF_NOT_ASSIGNED: { httpStatus: 422, isRetryable: false, title: "The charging point does not offer this tariff." },
  SITE_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "The file of sites has no site of this id." },
  CONNECTOR_UNKNOWN: {
    httpStatus: 422,
    isRetryable: false,
    title: "The charging point's station has not reported a connector of this number.",
  },
  DRIVER_GROUP_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "Nobody is or was in a group of this name." },
  TARIFF_NOT_OFFERED: {
    httpStatus: 422,
    isRetryable: false,
    title: "The charging point's operator never published the tariff, or has retired it.",
  },
  SCREEN_CODE_INVALID: { httpStatus: 410, isRetryable: false, title: "The charger does not show this code now." },
  SCREEN_CODE_USED: { httpStatus: 410, isRetryable: false, title: "Somebody has used this code already." },
  SCREEN_CODE_UNSUPPORTED: { httpStatus: 422, isRetryable: false, title: "The station shows no codes that change." },
  PAGE_ADDRESS_MISSING: {
    httpStatus: 409,
    isRetryable: false,
    title: "The service does not know where drivers find its page.",
  },
  TARIFF_PLAN_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "The plan does not say one price for every moment.",
  },
  EVSE_UNREGISTERED: {
    httpStatus: 404,
    isRetryable: false,
    title: "The registry has no charging point of this number.",
  },
  EVSE_OF_ANOTHER_OPERATOR: {
    httpStatus: 422,
    isRetryable: false,
    title: "The charging point belongs to another operator.",
  },
  CONTRACT_CERTIFICATE_INVALID: {
    httpStatus: 422,
    isRetryable: false,
    title: "The certificate is not the contract's.",
  },
} as const satisfies CatalogueEntries;
