import type { ChargingTransaction, NewChargingTransaction } from "../charging.ts";
import type { Access } from "./access.ts";
import { encodeOptional, encodeWatched } from "./charging-rows.ts";

/** Whether nobody has written the transaction since it was read; one that is new is. */
export async function isCurrentTransaction(
  access: Access,
  transaction: NewChargingTransaction | ChargingTransaction,
): Promise<boolean> {
  if (!("ordinal" in transaction)) return true;
  const row = await access.get("SELECT revision FROM charging_transactions WHERE ordinal = ?", transaction.ordinal);
  // What is not there is changed by nobody.
  return row === undefined || row["revision"] === transaction.revision;
}

/** Inside a write. Adds a transaction that has no ordinal, and replaces one that has. */
export async function putTransaction(
  access: Access,
  transaction: NewChargingTransaction | ChargingTransaction,
): Promise<ChargingTransaction> {
  const values = [
    transaction.evse,
    transaction.connector,
    transaction.idToken,
    transaction.sessionId,
    transaction.startedAtMs,
    transaction.endedAtMs,
    transaction.lastMessageAtMs,
    transaction.endSignAtMs,
    transaction.askedAtMs,
    transaction.isOpen ? 1 : 0,
    encodeWatched(transaction.watched),
    encodeOptional(transaction.stopOrder),
    encodeOptional(transaction.assessment),
    transaction.assessedFrame,
    transaction.remoteStartId,
    transaction.waitUntilMs,
    transaction.assessDueAtMs,
    transaction.assessedAtMs,
    transaction.lateFrames,
  ] as const;
  if ("ordinal" in transaction) {
    await access.run(
      `UPDATE charging_transactions SET evse = ?, connector = ?, id_token = ?, session_id = ?, started_at_ms = ?,
         ended_at_ms = ?, last_message_at_ms = ?, end_sign_at_ms = ?, asked_at_ms = ?, is_open = ?, watched = ?,
         stop_order = ?, assessment = ?, assessed_frame = ?, remote_start_id = ?, wait_until_ms = ?,
         assess_due_at_ms = ?, assessed_at_ms = ?, late_frames = ?, revision = revision + 1 WHERE ordinal = ?`,
      ...values,
      transaction.ordinal,
    );
    return { ...transaction, revision: transaction.revision + 1 };
  }
  const ordinal = await access.insert(
    `INSERT INTO charging_transactions (station_id, protocol, ocpp_transaction_id, evse, connector, id_token,
       session_id, started_at_ms, ended_at_ms, last_message_at_ms, end_sign_at_ms, asked_at_ms, is_open, watched,
       stop_order, assessment, assessed_frame, remote_start_id, wait_until_ms, assess_due_at_ms, assessed_at_ms,
       late_frames) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    transaction.stationId,
    transaction.protocol,
    transaction.ocppTransactionId,
    ...values,
  );
  return { ...transaction, ordinal, revision: 0 };
}

/** Inside a write. Writes what may change while a transaction goes on; every other column would have its indexes written anew. */
export async function continueTransaction(access: Access, transaction: ChargingTransaction): Promise<void> {
  await access.run(
    `UPDATE charging_transactions SET evse = ?, connector = ?, id_token = ?, started_at_ms = ?, last_message_at_ms = ?,
       end_sign_at_ms = ?, watched = ?, stop_order = ?, remote_start_id = ?, assess_due_at_ms = ?, late_frames = ?,
       revision = revision + 1
     WHERE ordinal = ?`,
    transaction.evse,
    transaction.connector,
    transaction.idToken,
    transaction.startedAtMs,
    transaction.lastMessageAtMs,
    transaction.endSignAtMs,
    encodeWatched(transaction.watched),
    encodeOptional(transaction.stopOrder),
    transaction.remoteStartId,
    transaction.assessDueAtMs,
    transaction.lateFrames,
    transaction.ordinal,
  );
}

/** Inside a write. A frame that belongs to the transaction already stays once. */
export async function addFrames(
  access: Access,
  { ordinal }: ChargingTransaction,
  frames: readonly number[],
): Promise<void> {
  await access.runEach(
    "INSERT INTO charging_frames (transaction_ordinal, frame_ordinal) VALUES (?, ?) ON CONFLICT DO NOTHING",
    frames.map((frame) => [ordinal, frame]),
  );
}
