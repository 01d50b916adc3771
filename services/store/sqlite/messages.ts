import { WattproofError } from "../../errors.ts";
import type { MessageVerdict, RawMessage, Store, StoredMessage } from "../store.ts";
import type { Access } from "./access.ts";
import { readMessageRow } from "./rows.ts";

const columns = `message_id, station_id, body, media_type, record, session_reference, received_at_ms, outcome, code,
  detail, record_identity`;

export function createMessageStore(access: Access): Pick<Store, "putMessage" | "setVerdict" | "listPendingMessages"> {
  function put(message: RawMessage): StoredMessage {
    const isBodyTheRecord = Buffer.compare(message.body, message.record) === 0;
    access.run(
      `INSERT INTO messages (message_id, station_id, body, media_type, record, session_reference, received_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING`,
      message.messageId,
      message.stationId,
      message.body,
      message.mediaType,
      isBodyTheRecord ? null : message.record,
      message.sessionReference,
      message.receivedAtMs,
    );
    const row = access.get(`SELECT ${columns} FROM messages WHERE message_id = ?`, message.messageId);
    if (row === undefined) throw new WattproofError("STORE_CORRUPT", "A message that was just stored is not there.");
    return readMessageRow(row);
  }

  return {
    putMessage: (message) => access.write(() => put(message)),
    setVerdict: (messageId, verdict) =>
      access.write(() => {
        writeVerdict(access, messageId, verdict);
      }),
    listPendingMessages: (limit) =>
      access.read(() =>
        access
          .all(`SELECT ${columns} FROM messages WHERE outcome IS NULL ORDER BY ordinal LIMIT ?`, limit)
          .map(readMessageRow),
      ),
  };
}

/** Inside a write. What was accepted stays accepted. */
export function writeVerdict(access: Access, messageId: string, verdict: MessageVerdict): void {
  access.run(
    `UPDATE messages SET outcome = ?, code = ?, detail = ?, record_identity = ?
     WHERE message_id = ? AND outcome IS NOT 'accepted'`,
    verdict.outcome,
    verdict.code,
    verdict.detail,
    verdict.recordIdentity,
    messageId,
  );
}
