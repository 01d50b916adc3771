/** Ways on which alerts go out. */
export const noticeChannels = ["mail", "webhook"] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/** An alert that is to go out on one way. */
export interface StoredNotice {
  /** Whose alert it is. */
  readonly replicaId: string;
  readonly channel: NoticeChannel;
  readonly alert: string;
  /** JSON, as it was put. */
  readonly content: string;
}

/** Alerts on their way out; durability and errors are those of the whole ledger. */
export interface NoticeStore {
  /** Adds, or replaces what the replica had to say on this way of this alert. Durable on return. */
  putNotice(notice: StoredNotice): Promise<void>;
  /** Durable on return. */
  removeNotice(notice: Pick<StoredNotice, "replicaId" | "channel" | "alert">): Promise<void>;
  /** What a replica had still to send, by way and alert. */
  listNotices(replicaId: string): Promise<readonly StoredNotice[]>;
}
