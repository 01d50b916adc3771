import { createHash } from "node:crypto";

import type { WattproofError } from "../errors.ts";
import type { MessageVerdict, RecordSource, StoredMessage } from "../store/messages.ts";
import type { Store } from "../store/store.ts";

/** A record as a door hands it on: the door has authenticated who sends it. */
export interface IncomingRecord {
  readonly source: RecordSource;
  readonly record: Uint8Array;
  /** The session that the sender names. */
  readonly sessionReference: string | null;
}

/** Keeps records before anything interprets them, and what became of them. */
export interface RecordKeeper {
  /** The record is on disk on return. One that is there already is returned as it came first, with its verdict. */
  keep(incoming: IncomingRecord): Promise<StoredMessage>;
  /** Keeps why a record does not count. One that counted stays accepted. */
  refuse(message: StoredMessage, reason: WattproofError): Promise<void>;
  /** Records that were kept and not judged, oldest first. */
  listPending(limit: number): Promise<readonly StoredMessage[]>;
}

export function createRecordKeeper(deps: {
  readonly store: Pick<Store, "putMessage" | "setVerdict" | "listPendingMessages">;
  readonly now: () => number;
}): RecordKeeper {
  const { store, now } = deps;

  return {
    keep: (incoming) => store.putMessage({ ...incoming, messageId: messageIdOf(incoming), receivedAtMs: now() }),
    refuse: ({ messageId }, reason) => store.setVerdict(messageId, verdictOf(reason)),
    listPending: (limit) => store.listPendingMessages(limit),
  };
}

function verdictOf({ code, detail }: WattproofError): MessageVerdict {
  const outcome = code.includes("UNSUPPORTED") ? "unsupported" : "refused";
  return { outcome, code, detail, recordIdentity: null };
}

/** The same bytes through the same door from the same sender are the same message. */
function messageIdOf({ source, record, sessionReference }: IncomingRecord): string {
  const hash = createHash("sha256");
  for (const part of partsOf(source, record, sessionReference)) {
    const bytes = Buffer.from(part);
    // Lengths in front, so that no two lists of parts make the same bytes.
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** Three parts of a body by HTTP, as its id was always made; four of a record that came without one. */
function partsOf(source: RecordSource, record: Uint8Array, session: string | null): readonly (string | Uint8Array)[] {
  switch (source.kind) {
    case "http":
      return [source.stationId, source.mediaType, source.body];
    case "ocpp":
      return [source.kind, source.stationId, session ?? "", record];
    case "peer":
      return [source.kind, source.oracle, session ?? "", record];
  }
}
