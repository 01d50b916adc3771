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

/** Records as they arrived, and what became of them. Durability and errors are those of the whole ledger. */
export interface MessageStore {
  /** Keeps a message as it arrived; one with this id that is there already is returned as it is. Durable on return. */
  putMessage(message: RawMessage): Promise<StoredMessage>;
  /** Notes what became of a message where nothing else changes. `accepted` stands for ever. Durable on return. */
  setVerdict(messageId: string, verdict: MessageVerdict): Promise<void>;
  /** Messages without a verdict, oldest first. */
  listPendingMessages(limit: number): Promise<readonly StoredMessage[]>;
}
