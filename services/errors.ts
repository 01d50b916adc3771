/**
 * The catalogue of errors. Every error that leaves a module of this service is one of these; a code is stable and may
 * be relied on by callers. `httpStatus` is what the HTTP door answers, `retryable` tells the caller whether the same
 * request can succeed later.
 */
export const errorCatalogue = {
  CONFIGURATION_INVALID: { httpStatus: 500, isRetryable: false, title: "The configuration is not valid." },
  INTERNAL: { httpStatus: 500, isRetryable: true, title: "An unexpected error; nothing was changed." },
  // The HTTP door.
  ROUTE_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "There is nothing at this address." },
  METHOD_NOT_ALLOWED: { httpStatus: 405, isRetryable: false, title: "The address does not take this method." },
  MEDIA_TYPE_UNSUPPORTED: { httpStatus: 415, isRetryable: false, title: "The body's type or encoding is not taken." },
  BODY_TOO_LARGE: { httpStatus: 413, isRetryable: false, title: "The body is larger than the limit." },
  BODY_INCOMPLETE: { httpStatus: 400, isRetryable: true, title: "The body ended before its announced length." },
  REQUEST_TIMEOUT: { httpStatus: 408, isRetryable: true, title: "The request did not come whole in time." },
  ENVELOPE_INVALID: { httpStatus: 400, isRetryable: false, title: "The body is not a message of the documented form." },
  QUERY_INVALID: { httpStatus: 400, isRetryable: false, title: "A part of the address is not of the documented form." },
  STATION_UNAUTHENTICATED: {
    httpStatus: 401,
    isRetryable: false,
    title: "The station is unknown or its key is wrong.",
  },
  STATION_RATE_EXCEEDED: { httpStatus: 429, isRetryable: true, title: "The station sends more than it may." },
  SERVICE_OVERLOADED: { httpStatus: 503, isRetryable: true, title: "Too many messages are being handled." },
  SERVICE_NOT_READY: { httpStatus: 503, isRetryable: true, title: "The service cannot take messages at present." },
  // OCPP and commands to stations.
  OPERATOR_UNAUTHENTICATED: { httpStatus: 401, isRetryable: false, title: "The operator's key is missing or wrong." },
  STATION_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "There is no such station." },
  EVSE_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "No station reports for this EVSE." },
  STATION_OFFLINE: { httpStatus: 503, isRetryable: true, title: "The station is not connected." },
  STATION_BUSY: { httpStatus: 503, isRetryable: true, title: "Too many commands wait for the station." },
  STATION_TIMEOUT: { httpStatus: 504, isRetryable: true, title: "The station did not answer in time." },
  STATION_REFUSED: { httpStatus: 502, isRetryable: false, title: "The station answered with an error." },
  OCPP_ACTION_UNKNOWN: { httpStatus: 400, isRetryable: false, title: "The station's version has no such command." },
  OCPP_PAYLOAD_INVALID: { httpStatus: 400, isRetryable: false, title: "The command breaks its schema." },
  STATION_KEYS_PENDING: { httpStatus: 409, isRetryable: false, title: "The station has not used its last new keys." },
  // The driver's page.
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
  ORDER_REFUSED: { httpStatus: 422, isRetryable: false, title: "The contract would not carry out the driver's order." },
  STOP_UNAUTHENTICATED: { httpStatus: 403, isRetryable: false, title: "Only the session's driver can stop it." },
  SESSION_UNAUTHENTICATED: {
    httpStatus: 401,
    isRetryable: false,
    title: "Only the session's driver and the operator may see this.",
  },
  VIEW_UNSIGNED: { httpStatus: 403, isRetryable: false, title: "The session's driver did not sign for this key." },
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
  TARIFF_NOT_OFFERED: {
    httpStatus: 422,
    isRetryable: false,
    title: "The charging point's operator never published the tariff, or has retired it.",
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
  // Records and sessions.
  CONSENT_INVALID: { httpStatus: 400, isRetryable: false, title: "The consent is not of the documented form." },
  CONSENT_UNSIGNED: { httpStatus: 403, isRetryable: false, title: "The session's driver did not sign the consent." },
  STATION_NOT_AT_EVSE: { httpStatus: 403, isRetryable: false, title: "The station may not report for this EVSE." },
  SESSION_UNKNOWN: { httpStatus: 404, isRetryable: true, title: "No open session is known by this id or idTag." },
  SESSION_AMBIGUOUS: { httpStatus: 409, isRetryable: false, title: "Several sessions share this idTag." },
  SESSION_REFERENCE_MISMATCH: { httpStatus: 409, isRetryable: false, title: "The record names another session." },
  SESSION_UNSERVABLE: { httpStatus: 409, isRetryable: false, title: "The session's EVSE or meter is not in order." },
  SESSION_CLOSED: { httpStatus: 409, isRetryable: false, title: "The session takes no more records." },
  SESSION_EVENT_ILLEGAL: { httpStatus: 409, isRetryable: false, title: "The session cannot take this step." },
  RECORD_UNBOUND: { httpStatus: 422, isRetryable: false, title: "The record does not carry the session's idTag." },
  RECORD_REPLAYED: { httpStatus: 409, isRetryable: false, title: "The record counts in another session already." },
  RECORD_CONFLICT: { httpStatus: 409, isRetryable: false, title: "Another record has the same key and pagination." },
  RECORD_OUT_OF_RANGE: { httpStatus: 422, isRetryable: false, title: "A value of the record is beyond any meter." },
  METER_NOT_VALID: { httpStatus: 422, isRetryable: false, title: "The meter's records do not count at this time." },
  METER_CURVE_UNKNOWN: { httpStatus: 422, isRetryable: false, title: "The meter's curve is not one of the table." },
  TARIFF_MISSING: { httpStatus: 503, isRetryable: true, title: "The session's tariff cannot be found." },
  RECEIPT_NOT_READY: { httpStatus: 404, isRetryable: true, title: "The session is not settled and confirmed." },
  // Oracles among each other.
  PEER_UNAUTHENTICATED: { httpStatus: 401, isRetryable: false, title: "The oracle is unknown or its key is wrong." },
  PEER_RATE_EXCEEDED: { httpStatus: 429, isRetryable: true, title: "The oracle asks for more than it may." },
  PEER_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "Another oracle gave no usable answer." },
  CLAIM_DIFFERS: { httpStatus: 409, isRetryable: true, title: "Records and chain give another claim for the session." },
  CLAIM_UNPROVEN: { httpStatus: 409, isRetryable: true, title: "No signed readings known here tell what is claimed." },
  CLAIM_CONTRADICTED: { httpStatus: 409, isRetryable: false, title: "This oracle signed another claim before." },
  // Store and chain.
  STORE_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The store did not answer." },
  STORE_CORRUPT: { httpStatus: 503, isRetryable: true, title: "The store holds what this service cannot read." },
  STORE_FOREIGN: { httpStatus: 500, isRetryable: false, title: "The store is of another deployment or oracle." },
  STORE_MISSING: { httpStatus: 500, isRetryable: false, title: "The data folder holds no store." },
  STORE_CONTENDED: { httpStatus: 503, isRetryable: true, title: "The same session is being changed by others." },
  CHAIN_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The chain's endpoint did not answer." },
  CHAIN_EVENTS_MISSING: {
    httpStatus: 503,
    isRetryable: true,
    title: "The endpoint does not tell all events of a block.",
  },
  CHAIN_MISMATCH: { httpStatus: 500, isRetryable: false, title: "The chain is not the one of the deployment." },
  RESCAN_RANGE_INVALID: { httpStatus: 422, isRetryable: false, title: "These blocks cannot be read again." },
  RESOLUTION_INVALID: { httpStatus: 422, isRetryable: false, title: "This says no way to resolve a session." },
  RESOLUTION_UNAVAILABLE: { httpStatus: 409, isRetryable: false, title: "The session cannot be resolved in this way." },
  RESOLUTION_ABOVE_CAP: { httpStatus: 409, isRetryable: false, title: "The driver did not agree to pay so much." },
  SETTLEMENT_STUCK: { httpStatus: 503, isRetryable: true, title: "A batch has waited for the chain for too long." },
  DEPLOYMENT_INVALID: { httpStatus: 500, isRetryable: false, title: "The deployment file is not valid." },

  // Records of signed meter values (docs/ocmf.md): 422 = read and refused, 501 = not implemented, so nothing is said about it.
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
    title: "A string holds half of a surrogate pair, so it is no text.",
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
    title: "There is no registered public key for this record.",
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

  // Commands under scripts/.
  CONTRACT_NOT_COMPILED: { httpStatus: 500, isRetryable: false, title: "A contract is not compiled." },
  DEPLOYMENT_DIFFERS: {
    httpStatus: 500,
    isRetryable: false,
    title: "What the deployment file names is not what is on the chain.",
  },
  ERC20_UNSUITABLE: { httpStatus: 500, isRetryable: false, title: "The token cannot be settled in." },
  RECEIPT_UNREADABLE: { httpStatus: 500, isRetryable: false, title: "The file is not a receipt that can be read." },
  SESSIONS_FILE_INVALID: { httpStatus: 500, isRetryable: false, title: "The file of sessions cannot be read." },
  TRANSACTION_FAILED: { httpStatus: 500, isRetryable: false, title: "A transaction of a command failed." },
  KEY_UNAVAILABLE: { httpStatus: 500, isRetryable: false, title: "A private key is missing or cannot be read." },
  JOURNAL_INVALID: { httpStatus: 500, isRetryable: false, title: "A journal of a command cannot be read." },
  DATA_FOLDER_IN_USE: {
    httpStatus: 500,
    isRetryable: false,
    title: "The data folder cannot be had for this process alone.",
  },
  MANIFEST_INVALID: { httpStatus: 500, isRetryable: false, title: "The manifest of records cannot be read." },
  // The operator's program (docs/operator.md).
  DEMO_CHAIN_ONLY: {
    httpStatus: 500,
    isRetryable: false,
    title: "Accounts of the demo are known to everybody; they are for the local chain alone.",
  },
  USAGE_INVALID: { httpStatus: 400, isRetryable: false, title: "The command was not used as it is documented." },
  INPUT_UNREADABLE: { httpStatus: 400, isRetryable: false, title: "A file that was given cannot be read." },
  CONTRACT_REFUSED: { httpStatus: 422, isRetryable: false, title: "The contract refuses the call." },
  GAS_MONEY_LACKING: { httpStatus: 422, isRetryable: true, title: "The account cannot pay the gas." },
  REGISTRY_ENTRY_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "The registry has no such entry." },
  METER_KEY_INVALID: { httpStatus: 422, isRetryable: false, title: "The key is not one that a meter can have here." },
  POSSESSION_NOT_AWAITED: { httpStatus: 404, isRetryable: false, title: "No meter is to prove itself with this tag." },
  POSSESSION_RECORD_MISSING: { httpStatus: 409, isRetryable: true, title: "The meter's record has not come yet." },
  POSSESSION_UNPROVEN: { httpStatus: 422, isRetryable: false, title: "Nothing shows that the operator has the meter." },
  EVSE_HAS_METER: { httpStatus: 409, isRetryable: false, title: "The EVSE has an active meter." },
  EVSE_WITHOUT_METER: { httpStatus: 409, isRetryable: false, title: "The EVSE has no active meter." },
  TARIFF_NOT_PRICEABLE: { httpStatus: 422, isRetryable: false, title: "The contract cannot price the tariff." },
  NOTHING_TO_WITHDRAW: { httpStatus: 409, isRetryable: true, title: "There is nothing that can be paid out now." },
  LOCATION_MISSING: { httpStatus: 422, isRetryable: false, title: "Nothing says where the charging point is." },
  PROFILE_DIFFERS: { httpStatus: 409, isRetryable: false, title: "There is another operator's profile already." },
  SERVICE_UNREACHABLE: { httpStatus: 503, isRetryable: true, title: "The service does not answer." },
  LOCAL_CHAIN_DIVERGED: {
    httpStatus: 500,
    isRetryable: false,
    title: "The local chain's journal gives another chain.",
  },
} as const satisfies Record<string, { httpStatus: number; isRetryable: boolean; title: string }>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

/** An error of the catalogue, with what the reader needs to act on it in `detail`. */
export class WattproofError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly isRetryable: boolean;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.name = "WattproofError";
    this.code = code;
    this.detail = detail;
    this.isRetryable = errorCatalogue[code].isRetryable;
  }
}
