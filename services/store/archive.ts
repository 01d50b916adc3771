import type { StoredFrame } from "./ocpp.ts";

/** A frame as it goes into an archive. */
export interface ArchivableFrame extends StoredFrame {
  /** The sessions of which it is a part, settled all of them. */
  readonly sessionIds: readonly string[];
}

/** How much can be archived. */
export interface ArchivableSum {
  readonly frames: number;
  /** Characters of messages and answers; what the database puts around them comes on top. */
  readonly characters: number;
  /** `null`: nothing can. */
  readonly oldestAtMs: number | null;
}

/** A file to which frames went. The ledger keeps what they were, for ever. */
export interface ArchiveFile {
  readonly name: string;
  /** SHA-256 of the file, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly frames: number;
  readonly firstOrdinal: number;
  readonly lastOrdinal: number;
  readonly archivedAtMs: number;
}

/**
 * Frames that nothing needs any more, on their way out of the ledger. Those can be archived that arrived before a time, were
 * handed on, are waited for by nothing, began and ended no transaction, are not the newest of their station, and are part
 * of no session but such as were settled before that time from what a meter signed, or expired, with no challenge open.
 */
export interface ArchiveStore {
  sumArchivableFrames(beforeMs: number): Promise<ArchivableSum>;
  /** By number, behind this one. */
  listArchivableFrames(beforeMs: number, afterOrdinal: number, limit: number): Promise<readonly ArchivableFrame[]>;
  /**
   * Removes the frames that went to this file, in one commit with the file's own row. Durable on return.
   * @throws STORE_CONTENDED if one of them cannot be archived any more: nothing was removed
   */
  removeArchivedFrames(file: ArchiveFile, ordinals: readonly number[], beforeMs: number): Promise<void>;
  /** In the order in which they were written. */
  listArchiveFiles(): Promise<readonly ArchiveFile[]>;
}
