import type { CatalogueEntries } from "./catalogue-entry.ts";

/** What the HTTP door and the doors of stations refuse, and commands to stations. */
export const entranceErrors = {
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
  OPERATOR_KEY_INVALID: { httpStatus: 400, isRetryable: false, title: "The key or its name is not of the form." },
  OPERATOR_KEY_TAKEN: { httpStatus: 409, isRetryable: false, title: "The name or the key was used before." },
  OPERATOR_KEY_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "No valid key of the operator has this name." },
  OPERATOR_KEY_CONFIGURED: { httpStatus: 409, isRetryable: false, title: "The key is part of the configuration." },
  STATION_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "There is no such station." },
  EVSE_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "No station reports for this EVSE." },
  STATION_OFFLINE: { httpStatus: 503, isRetryable: true, title: "The station is not connected." },
  STATION_BUSY: { httpStatus: 503, isRetryable: true, title: "Too many commands wait for the station." },
  STATION_TIMEOUT: { httpStatus: 504, isRetryable: true, title: "The station did not answer in time." },
  STATION_REFUSED: { httpStatus: 502, isRetryable: false, title: "The station answered with an error." },
  OCPP_ACTION_UNKNOWN: { httpStatus: 400, isRetryable: false, title: "The station's version has no such command." },
  OCPP_PAYLOAD_INVALID: { httpStatus: 400, isRetryable: false, title: "The command breaks its schema." },
  FRAME_NOT_PARKED: { httpStatus: 404, isRetryable: false, title: "No such message of a station was set aside." },
  STATION_MOVED: { httpStatus: 503, isRetryable: true, title: "The station has a newer connection." },
  LEASE_LOST: { httpStatus: 503, isRetryable: true, title: "Another replica does this work by now." },
  STATION_KEYS_PENDING: { httpStatus: 409, isRetryable: false, title: "The station has not used its last new keys." },
} as const satisfies CatalogueEntries;
