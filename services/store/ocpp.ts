import type { Station } from "./stations.ts";

/** The subprotocol names of the versions that are spoken. */
export const ocppProtocols = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
export type OcppProtocol = (typeof ocppProtocols)[number];

/** Security profiles of OCPP: 0 nothing, 1 Basic, 2 TLS and Basic, 3 TLS with a client certificate. */
export const securityProfiles = [0, 1, 2, 3] as const;
export type SecurityProfile = (typeof securityProfiles)[number];

/** What a station is told when it boots. */
export const bootStatuses = ["Accepted", "Pending", "Rejected"] as const;
export type BootStatus = (typeof bootStatuses)[number];

/** A frame before it is on disk. */
export interface NewFrame {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  /** `in`: the station sent it; `out`: the service did. */
  readonly direction: "in" | "out";
  /** When it was received, or handed to the store to be sent; milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Exactly as on the wire, except that a key which is being handed out is blanked. */
  readonly text: string;
  /** Of a CALL; `null` for every other frame. */
  readonly action: string | null;
  /** The sender's id of the message. Senders repeat ids: it says nothing about identity. */
  readonly messageId: string | null;
  /** The answer exactly as sent, if it was known when the frame was stored; otherwise the answer is a frame of its own. */
  readonly answer: string | null;
  /** What the schema has against a message that was taken all the same: nothing may rest on it unseen. */
  readonly faults: readonly string[] | null;
}

/** A frame that is on disk. Frames are never changed, and none is removed but into an archive (`ArchiveStore`). */
export interface StoredFrame extends NewFrame {
  /**
   * The number by which the frame is named. No other frame has it, and a later frame of the same station has a greater one,
   * not always the next. Between stations it says nothing about order.
   */
  readonly ordinal: number;
  /** The number as text: the name of the frame elsewhere. */
  readonly frameId: string;
  /** Place among the frames of its station: 1, 2, 3 and so on without a gap, in the order of their commits. */
  readonly stationOrdinal: number;
  /** For StartTransaction of OCPP 1.6 the id that the service assigned, in decimal digits; otherwise `null`. */
  readonly ocppTransactionId: string | null;
}

/** How far the frames of one station were handed on. */
export interface FrameCursor {
  readonly stationId: string;
  /** Place of the last frame that was; 0 before the first. */
  readonly stationOrdinal: number;
}

/** A station with frames that were not handed on: those behind the cursor up to `newestOrdinal`. */
export interface FrameBacklog extends FrameCursor {
  /** Place of the newest frame. */
  readonly newestOrdinal: number;
}

/** A transaction that a station began. */
export interface NewTransaction {
  /** Equal for every repetition of the same start by the same station, whatever its message id. */
  readonly naturalKey: string;
  /**
   * Equal for a start that a station of 1.6 repeats with another time, of the same day. It is the same start as long as it
   * is the newest at its outlet and has no end. `null` where stations name their transactions themselves.
   */
  readonly retryKey: string | null;
  /** The station's own id (2.x), or random ids to choose from (1.6), of which a station never gets one twice. */
  readonly ocppTransactionIds: readonly string[];
  readonly evse: number | null;
  readonly connector: number | null;
  readonly idToken: string | null;
  /** As the station wrote it. */
  readonly startedAtText: string | null;
}

export interface OcppTransaction extends Omit<NewTransaction, "ocppTransactionIds" | "retryKey"> {
  readonly ordinal: number;
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly ocppTransactionId: string;
  /** What the station was told about the idToken; `null` until it was decided. */
  readonly idTokenStatus: string | null;
  readonly startedFrame: number;
  /** The first frame that ended it. */
  readonly endedFrame: number | null;
}

/** What a station says about itself when it boots. */
export interface BootReport {
  readonly vendor: string;
  readonly model: string;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
  readonly reason: string | null;
}

/** State of one connector, as reported. OCPP 1.6 numbers connectors alone: they are EVSEs with connector 1. */
export interface ConnectorStatus {
  readonly evse: number;
  readonly connector: number;
  /** The word of the protocol. */
  readonly status: string;
  readonly errorCode: string | null;
  /** As the station wrote it. */
  readonly timestampText: string | null;
}

export interface StoredConnectorStatus extends ConnectorStatus {
  readonly receivedAtMs: number;
}

/** What is stored together with a frame, or not at all. */
export type FrameEffect =
  | { readonly kind: "transaction-started"; readonly transaction: NewTransaction }
  | { readonly kind: "transaction-ended"; readonly ocppTransactionId: string }
  | { readonly kind: "token-decided"; readonly transactionOrdinal: number; readonly status: string }
  | { readonly kind: "connector-status"; readonly status: ConnectorStatus }
  | { readonly kind: "booted"; readonly report: BootReport };

/** A frame that is on disk, with the transaction that it began now or had begun before. */
export interface FrameOutcome {
  readonly frame: StoredFrame;
  readonly transaction: OcppTransaction | null;
}

/** A key by which a station may authenticate. */
export interface StationKey {
  readonly ordinal: number;
  /** SHA-256 in lower-case hexadecimal. The key itself is never stored. */
  readonly keySha256: string;
}

/** What the OCPP door needs to know to let a station in. */
export interface OcppAccess {
  readonly station: Station;
  readonly leastSecurityProfile: SecurityProfile;
  readonly bootStatus: BootStatus;
  /** Oldest first. Several while a new key was handed out and the station has not used it yet. */
  readonly keys: readonly StationKey[];
}

/** A station as the operator sees it. */
export interface OcppStationState {
  readonly stationId: string;
  readonly evses: readonly number[];
  readonly leastSecurityProfile: SecurityProfile;
  readonly bootStatus: BootStatus;
  /** Of the last connection; `null` before the first. */
  readonly protocol: OcppProtocol | null;
  readonly securityProfile: SecurityProfile | null;
  readonly lastSeenAtMs: number | null;
  readonly boot: BootReport | null;
  readonly connectors: readonly StoredConnectorStatus[];
}

/** A station that nobody registered and that tried to connect. */
export interface UnknownStation {
  readonly stationId: string;
  readonly address: string;
  /** Subprotocols that it offered, separated by commas. */
  readonly protocols: string;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly attempts: number;
}

/**
 * Frames, and how far they were handed on. Order is promised within a station alone, so that stations can be served by
 * different replicas: no list and no cursor goes over all stations.
 *
 * What hands frames on rests on this: the places of a station's frames have no gap, a frame that can be read has all
 * frames before it readable, too, and `commitFrame` resolves for the frames of one station in the order of their places.
 * So it may take the frame that it is told of as the next one if its place is the next, and otherwise reads what it lacks.
 */
export interface FrameStore {
  /**
   * Keeps a frame and what follows from it, in one step. The frames of a station get their places in the order of the
   * calls, as long as none of them rejects; a call that rejects takes no place. Each call keeps a frame of its own, also
   * where the same frame comes again. Durable on return. Frames are never changed, and stay where their station is removed.
   * @param epoch Of the station's connection (`ReplicaStore.holdStation`); without it nothing is fenced.
   * @throws STORE_CONTENDED if none of the transaction ids that were offered is free, STATION_MOVED if the station has a
   * newer epoch
   */
  commitFrame(frame: NewFrame, effects: readonly FrameEffect[], epoch?: number): Promise<FrameOutcome>;
  /** Frames of a station behind this place, in order. */
  listFrames(stationId: string, afterStationOrdinal: number, limit: number): Promise<readonly StoredFrame[]>;
  /** Frames of a station that the schema has something against, newest first. */
  listQuarantinedFrames(stationId: string, limit: number): Promise<readonly StoredFrame[]>;
  /** The latest transaction of this station by this id. */
  findOcppTransaction(stationId: string, ocppTransactionId: string): Promise<OcppTransaction | null>;
  /** Transactions of a station, newest first. */
  listOcppTransactions(stationId: string, limit: number): Promise<readonly OcppTransaction[]>;

  /** Stations with frames that were not handed on, by id. */
  listFrameBacklogs(): Promise<readonly FrameBacklog[]>;
  /** The same of one station; `null` if all its frames were handed on. */
  findFrameBacklog(stationId: string): Promise<FrameBacklog | null>;
  /** Notes how far stations were handed on, in one step; a cursor never moves back. Durable on return. */
  moveFrameCursors(cursors: readonly FrameCursor[]): Promise<void>;
  /** Sets a frame aside that could not be handed on; the cursor may pass it. Once is enough. Durable on return. */
  parkFrame(ordinal: number, stationId: string): Promise<void>;
  /** Stations that have frames set aside, by id. */
  listParkedStations(): Promise<readonly string[]>;
  /** Frames of a station that were set aside, in order. */
  listParkedFrames(stationId: string, limit: number): Promise<readonly StoredFrame[]>;
  /** The frame is no longer set aside. Durable on return. */
  unparkFrame(ordinal: number): Promise<void>;
}

/** The part of the ledger that belongs to OCPP; durability and errors are those of the whole. */
export interface OcppStore extends FrameStore {
  findOcppAccess(stationId: string): Promise<OcppAccess | null>;
  /** Sets how a registered station may connect. Durable on return. @returns whether there is such a station. */
  setOcppAccess(
    stationId: string,
    access: { readonly leastSecurityProfile: SecurityProfile; readonly bootStatus: BootStatus },
  ): Promise<boolean>;
  /** Replaces all keys of a station by this one. Durable on return. */
  replaceStationKeys(stationId: string, keySha256: string, atMs: number): Promise<void>;
  /** Adds a key beside those that hold. Durable on return. @returns its position, or `null` if there are too many. */
  addStationKey(stationId: string, keySha256: string, atMs: number): Promise<number | null>;
  /** The station has used this key: older ones no longer hold. Durable on return. */
  retireOlderKeys(stationId: string, ordinal: number): Promise<void>;
  /** Takes a key back that the station has refused. Durable on return. */
  removeStationKey(stationId: string, ordinal: number): Promise<void>;

  /** Notes a connection or a sign of life. Durable on return. @returns whether the station is still registered. */
  noteStationSeen(
    stationId: string,
    seen: { readonly protocol: OcppProtocol; readonly securityProfile: SecurityProfile; readonly atMs: number },
  ): Promise<boolean>;
  /** All stations by id. */
  listOcppStations(): Promise<readonly OcppStationState[]>;
  findOcppStation(stationId: string): Promise<OcppStationState | null>;
  /** The station that reports for an EVSE of the registry, and the number by which the station knows that EVSE. */
  findStationOfEvse(evse: number): Promise<{ readonly stationId: string; readonly stationEvse: number } | null>;

  /** Keeps the `limit` latest. Durable on return. */
  noteUnknownStation(
    attempt: {
      readonly stationId: string;
      readonly address: string;
      readonly protocols: string;
      readonly atMs: number;
    },
    limit: number,
  ): Promise<void>;
  /** The latest first. */
  listUnknownStations(): Promise<readonly UnknownStation[]>;
}
