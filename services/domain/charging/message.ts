import type { Decimal } from "../decimal.ts";

/** The versions of OCPP that a charging station may speak, as its websocket subprotocol names them. */
export type OcppProtocol = "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";

/**
 * What is wrong with a part of a message. A reading with a fault is quarantined: kept and shown, and no evidence. The
 * message is acknowledged all the same, because a station discards what is not.
 */
export type MessageFaultCode =
  /** The payload breaks the schema of its action; `detail` says how. */
  | "SCHEMA"
  | "TIME_MISSING"
  /** No time of ISO 8601 with a date that exists. */
  | "TIME_INVALID"
  /**
   * A time without offset could be any of 26 hours. The time of receipt tells which, and the reading counts; where no
   * offset leads to the time of receipt, it is quarantined.
   */
  | "TIME_WITHOUT_ZONE"
  | "VALUE_MISSING"
  /** A plain number in another JSON type than the schema wants. It is read all the same and quarantines nothing. */
  | "VALUE_FORM"
  /** Not plain decimal digits: a word, an exponent, NaN, an infinity, a comma. */
  | "VALUE_NOT_DECIMAL"
  | "VALUE_NEGATIVE"
  /** More than 2^53 Wh or W. */
  | "VALUE_TOO_LARGE"
  | "UNIT_UNKNOWN"
  | "MULTIPLIER_INVALID"
  /** A signed value whose record cannot be taken out of its wrapping. */
  | "SIGNED_VALUE_UNREADABLE"
  /** A signed value in an encoding that is not OCMF. */
  | "SIGNED_VALUE_UNSUPPORTED";

export interface MessageFault {
  readonly code: MessageFaultCode;
  /** JSON pointer into the payload. */
  readonly path: string;
  /** For people; may quote hostile text. */
  readonly detail: string;
}

/** A time as the station wrote it. */
export interface StationTime {
  readonly text: string;
  readonly epochMs: number;
  /** How finely the text tells the time: 1000 where it has no fraction of a second. */
  readonly resolutionMs: number;
  /**
   * What the text says where that cannot be, and `epochMs` was corrected by the time of receipt; a text without zone is
   * read as if it were UTC. Absent where nothing was corrected.
   */
  readonly reportedEpochMs?: number;
  /** The text names no zone. Absent where it does. */
  readonly isWithoutZone?: true;
}

/** The outlet a message is about; `null` is what it does not say. 0 is the station itself and no outlet. */
export interface Plug {
  /** OCPP 1.6 has no EVSEs: there, `connectorId` alone counts. */
  readonly evseId: number | null;
  readonly connectorId: number | null;
}

/** Which member of which message a reading came from. */
export type ReadingSource = "meter-start" | "meter-stop" | "sampled-value";

/** One value as the station reported it, with the defaults of its version filled in and nothing corrected. */
export interface SampledReading {
  readonly source: ReadingSource;
  /** JSON pointer to where it stood in the payload. */
  readonly path: string;
  /** Exactly what was sent; a JSON number as the shortest text that reads back as the same number. */
  readonly valueText: string;
  /** The value in Wh, W, or as it is for measurands that are neither energy nor power; `null` with a fault. */
  readonly value: Decimal | null;
  /** What the last digit is worth, in the unit of `value`: the reading is true to this. */
  readonly quantum: Decimal | null;
  readonly measurand: string;
  /** `null` is the sum over all phases. */
  readonly phase: string | null;
  readonly location: string;
  readonly context: string;
  /** As sent; `null` where the default of the version stands in. */
  readonly unit: string | null;
  /** Power of ten of OCPP 2.x; 0 elsewhere. */
  readonly multiplier: number;
  /** `null` with a fault. */
  readonly time: StationTime | null;
  /** A reading with faults is quarantined. What is wrong in form and was read all the same is a fault of the message. */
  readonly faults: readonly MessageFault[];
}

/** How a signed value travelled. */
export type SignedCarriage =
  /** 1.6: the SignedMeterValueType of the OCA application note as JSON text in `value`. */
  | "json-in-value"
  /** 1.6: the record itself in `value`. */
  | "record-in-value"
  /** 1.6: the bytes of the record as hexadecimal digits in `value`. */
  | "hex-in-value"
  /** 1.6: base64 in `value`, without anything around it. */
  | "base64-in-value"
  /** 1.6: S.A.F.E. XML in `value`. */
  | "xml-in-value"
  /** 2.x: `signedMeterValue` beside the plain value. */
  | "signed-meter-value";

/** A record of a signed meter value, taken out of its wrapping. Nothing is verified. */
export interface SignedContainer {
  readonly carriage: SignedCarriage;
  /** The record's bytes, as they are to be verified; `null` with a fault. */
  readonly record: Uint8Array | null;
  /** As sent; `null` where it is missing, the empty text where the record is said to tell it. */
  readonly signingMethod: string | null;
  readonly encodingMethod: string | null;
  /** The text of the key that came along, without its outer base64. Never verified with, only compared. */
  readonly enclosedKey: string | null;
  readonly context: string;
  readonly time: StationTime | null;
  readonly faults: readonly MessageFault[];
}

interface MessageBase {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  /** When the frame arrived, by our clock. */
  readonly receivedAtMs: number;
  /** The stored raw frame. */
  readonly frameId: string;
  /** SHA-256 of the payload with its members in alphabetical order, in hex: equal for equal content. Made when asked for. */
  readonly payloadDigest: () => string;
  readonly plug: Plug;
  /** The time that the message itself carries; `null` where it carries none, or none that can be read. */
  readonly time: StationTime | null;
  /** Faults of the whole message, those of its readings and signed values included. */
  readonly faults: readonly MessageFault[];
}

/** What every message about a transaction may carry. */
export interface TransactionReport extends MessageBase {
  /** 2.x: the station's id. 1.6: the number that we assigned, in decimal. `null` where the message names none. */
  readonly ocppTransactionId: string | null;
  readonly idToken: string | null;
  /** 2.x `seqNo`. */
  readonly sequenceNumber: number | null;
  /** A hint and nothing more: 2.x `offline`. */
  readonly isOffline: boolean | null;
  readonly readings: readonly SampledReading[];
  readonly signed: readonly SignedContainer[];
}

export interface TransactionStarted extends TransactionReport {
  readonly kind: "transaction-started";
  readonly chargingState: string | null;
  readonly triggerReason: string | null;
  /** 2.x: which of our requests started it. */
  readonly remoteStartId: number | null;
}

export interface TransactionUpdated extends TransactionReport {
  readonly kind: "transaction-updated";
  readonly chargingState: string | null;
  readonly triggerReason: string | null;
  readonly remoteStartId: number | null;
}

export interface TransactionEnded extends TransactionReport {
  readonly kind: "transaction-ended";
  readonly chargingState: string | null;
  readonly triggerReason: string | null;
  /** 1.6 `reason`, 2.x `stoppedReason`. */
  readonly stopReason: string | null;
  /** What the station has computed and shown as the cost; absent where it says none. */
  readonly statedCost?: StatedCost;
}

/** A cost that a station states, in 10⁻⁶ of the currency; `null` is what it does not say. */
export interface StatedCost {
  readonly netMicro: bigint | null;
  readonly grossMicro: bigint | null;
}

export interface MeterValuesReported extends TransactionReport {
  readonly kind: "meter-values";
}

/** What an outlet says of itself, in the words of no version. `unknown` is a word that no version has. */
export type ConnectorState =
  | "available"
  | "occupied"
  | "preparing"
  | "charging"
  | "suspended"
  | "finishing"
  | "reserved"
  | "unavailable"
  | "faulted"
  | "unknown";

export interface ConnectorStatus extends MessageBase {
  readonly kind: "connector-status";
  readonly state: ConnectorState;
  /** As sent. */
  readonly stateText: string;
  /** 1.6 `errorCode`, where it is not NoError. */
  readonly errorText: string | null;
}

export interface StationBooted extends MessageBase {
  readonly kind: "booted";
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string | null;
  /** 2.x; 1.6 does not say. */
  readonly reason: string | null;
}

export type TransactionMessage = TransactionStarted | TransactionUpdated | TransactionEnded | MeterValuesReported;

/** What a station said, in the words of no version. */
export type StationMessage = TransactionMessage | ConnectorStatus | StationBooted;

export function isTransactionMessage(message: StationMessage): message is TransactionMessage {
  return message.kind !== "connector-status" && message.kind !== "booted";
}
