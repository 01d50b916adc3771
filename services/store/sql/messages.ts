import { WattproofError } from "../../errors.ts";
import type { MessageStore, MessageVerdict, RawMessage, RecordSource, StoredMessage } from "../messages.ts";
import type { Access } from "./access.ts";
import { readMessageRow } from "./rows.ts";

const columns = `message_id, source, station_id, body, media_type, ocpp_transaction_id, record, session_reference,
  received_at_ms, outcome, code, detail, record_identity`;

/**
 * Where a message came from becomes a value, and the bytes of a record stand once: until now records that came inside a
 * transaction posed as HTTP bodies with a media type of their own, and those of other oracles as stations `quorum/<oracle>`.
 */
export const sourceStep = `
  ALTER TABLE messages ADD COLUMN source TEXT NOT NULL DEFAULT 'http' CHECK (source IN ('http', 'ocpp', 'peer'));
  ALTER TABLE messages ADD COLUMN ocpp_transaction_id TEXT;
  UPDATE messages SET source = 'ocpp', media_type = '', body = coalesce(record, body), record = NULL,
    ocpp_transaction_id = coalesce((SELECT ocpp_transaction_id FROM charging_transactions
      WHERE charging_transactions.session_id = session_reference), '')
    WHERE media_type = 'application/x-wattproof-ocpp-record';
  -- No station can be named with a slash. In station_id stands who sent the message, be it a station or an oracle.
  UPDATE messages SET source = 'peer', media_type = '', body = coalesce(record, body), record = NULL,
    station_id = substr(station_id, 8)
    WHERE station_id LIKE 'quorum/%';
  ALTER TABLE records DROP COLUMN record;

  CREATE TRIGGER cdrs_unchanged BEFORE UPDATE ON cdrs
    BEGIN SELECT RAISE (ABORT, 'a CDR never changes'); END;
`;

export function createMessageStore(access: Access): MessageStore {
  async function put(message: RawMessage): Promise<StoredMessage> {
    const { source, record } = message;
    const { sender, body, mediaType, ocppTransactionId } = columnsOf(source);
    const isBodyTheRecord = body === null || Buffer.compare(body, record) === 0;
    await access.run(
      `INSERT INTO messages (message_id, source, station_id, body, media_type, ocpp_transaction_id, record,
         session_reference, received_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING`,
      message.messageId,
      source.kind,
      sender,
      body ?? record,
      mediaType,
      ocppTransactionId,
      isBodyTheRecord ? null : record,
      message.sessionReference,
      message.receivedAtMs,
    );
    const row = await access.get(`SELECT ${columns} FROM messages WHERE message_id = ?`, message.messageId);
    if (row === undefined) throw new WattproofError("STORE_CORRUPT", "A message that was just stored is not there.");
    return readMessageRow(row);
  }

  return {
    putMessage: (message) => access.write(() => put(message)),
    setVerdict: (messageId, verdict) =>
      access.write(async () => {
        await writeVerdict(access, messageId, verdict);
      }),
    listPendingMessages: (limit) =>
      access.read(async () =>
        (await access.all(`SELECT ${columns} FROM messages WHERE outcome IS NULL ORDER BY ordinal LIMIT ?`, limit)).map(
          readMessageRow,
        ),
      ),
  };
}

/** Inside a write. What was accepted stays accepted. */
export async function writeVerdict(access: Access, messageId: string, verdict: MessageVerdict): Promise<void> {
  await access.run(
    `UPDATE messages SET outcome = ?, code = ?, detail = ?, record_identity = ?
     WHERE message_id = ? AND outcome IS DISTINCT FROM 'accepted'`,
    verdict.outcome,
    verdict.code,
    verdict.detail,
    verdict.recordIdentity,
    messageId,
  );
}

function columnsOf(source: RecordSource) {
  const none = { body: null, mediaType: "", ocppTransactionId: null };
  switch (source.kind) {
    case "http":
      return { ...none, sender: source.stationId, body: source.body, mediaType: source.mediaType };
    case "ocpp":
      return { ...none, sender: source.stationId, ocppTransactionId: source.ocppTransactionId };
    case "peer":
      return { ...none, sender: source.oracle };
  }
}
