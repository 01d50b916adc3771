/** Who brought a record, and through which door. Stations were authenticated there, and so were other oracles. */
export type RecordSource =
  | {
      readonly kind: "http";
      readonly stationId: string;
      /** Exactly what was received; often the record itself. */
      readonly body: Uint8Array;
      readonly mediaType: string;
    }
  /** Inside a transaction of OCPP. The frame as it came is kept with the station's frames. */
  | { readonly kind: "ocpp"; readonly stationId: string; readonly ocppTransactionId: string }
  /** With the claim of another oracle, by its address. */
  | { readonly kind: "peer"; readonly oracle: string };

/** A record as it arrived, before anything interprets it. */
export interface RawMessage {
  /** Deterministic: the same bytes from the same sender through the same door have the same id. */
  readonly messageId: string;
  readonly source: RecordSource;
  readonly record: Uint8Array;
  /** The session that the sender names. */
  readonly sessionReference: string | null;
  readonly receivedAtMs: number;
}

/** What became of a message. `null` code: accepted. */
export interface MessageVerdict {
  readonly outcome: "accepted" | "refused" | "unsupported";
  readonly code: string | null;
  readonly detail: string | null;
  readonly recordIdentity: string | null;
}

export interface StoredMessage extends RawMessage {
  readonly verdict: MessageVerdict | null;
}
