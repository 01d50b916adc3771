import { z } from "zod";

import { noticeChannels, type NoticeStore, type StoredNotice } from "../alert-notices.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Alerts that have not gone out yet. */
export const noticeStep = `
  CREATE TABLE alert_notices (
    replica_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    alert TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (replica_id, channel, alert)
  ) STRICT, WITHOUT ROWID;
`;

const readNoticeRow = reader(
  "alert on its way",
  z
    .object({ replica_id: z.string(), channel: z.enum(noticeChannels), alert: z.string(), content: z.string() })
    .transform((row): StoredNotice => ({
      replicaId: row.replica_id,
      channel: row.channel,
      alert: row.alert,
      content: row.content,
    })),
);

export function createNoticeStore(access: Access): NoticeStore {
  return {
    putNotice: ({ replicaId, channel, alert, content }) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO alert_notices (replica_id, channel, alert, content) VALUES (?, ?, ?, ?)
           ON CONFLICT (replica_id, channel, alert) DO UPDATE SET content = excluded.content`,
          replicaId,
          channel,
          alert,
          content,
        );
      }),
    removeNotice: ({ replicaId, channel, alert }) =>
      access.write(async () => {
        await access.run(
          "DELETE FROM alert_notices WHERE replica_id = ? AND channel = ? AND alert = ?",
          replicaId,
          channel,
          alert,
        );
      }),
    listNotices: (replicaId) =>
      access.read(async () =>
        (
          await access.all(
            "SELECT replica_id, channel, alert, content FROM alert_notices WHERE replica_id = ? ORDER BY channel, alert",
            replicaId,
          )
        ).map(readNoticeRow),
      ),
  };
}
