import { WattproofError } from "../../errors.ts";
import type { FrameEffect, NewFrame, NewTransaction, OcppTransaction, StoredFrame } from "../ocpp.ts";
import type { Access } from "./access.ts";
import { readOcppTransactionRow, transactionColumns } from "./ocpp-rows.ts";

const retryWindowMs = 86_400_000;

/** What is known of the start that a frame tells of, before the frame has its row. */
export interface StartOfFrame {
  readonly start: NewTransaction;
  /** The transaction that it began before. */
  readonly known: OcppTransaction | null;
  /** The id of the one that it begins now. */
  readonly assigned: string | null;
}

/** Inside a write. @throws STORE_CONTENDED if none of the transaction ids that were offered is free */
export async function findStart(
  access: Access,
  frame: NewFrame,
  effects: readonly FrameEffect[],
): Promise<StartOfFrame | null> {
  const started = effects.find((effect) => effect.kind === "transaction-started");
  if (started === undefined) return null;
  const known = await findStarted(access, frame.stationId, started.transaction);
  const assigned = known === null ? await chooseId(access, frame, started.transaction) : null;
  return { start: started.transaction, known, assigned };
}

/** The id that stands in the row of the frame. */
export function idOfStart(frame: NewFrame, start: StartOfFrame | null): string | null {
  if (start === null || frame.protocol !== "ocpp1.6") return null;
  return start.known?.ocppTransactionId ?? start.assigned;
}

/** Inside a write: what follows from a frame that has its row. @returns the transaction that it began, now or before */
export async function applyEffects(
  access: Access,
  frame: NewFrame,
  ordinal: number,
  effects: readonly FrameEffect[],
  start: StartOfFrame | null,
): Promise<OcppTransaction | null> {
  let transaction = start?.known ?? null;
  for (const effect of effects) {
    if (effect.kind !== "transaction-started") await apply(access, frame, ordinal, effect);
    else if (start !== null && start.assigned !== null) {
      transaction = await insertTransaction(access, frame, effect.transaction, start.assigned, ordinal);
    }
  }
  return transaction;
}

/** The frame with its places. Spelled out, because copying with `...` is many times slower and this runs for every message. */
export function storedFrame(
  frame: NewFrame,
  { ordinal, stationOrdinal }: Pick<StoredFrame, "ordinal" | "stationOrdinal">,
  ocppTransactionId: string | null,
): StoredFrame {
  return {
    stationId: frame.stationId,
    protocol: frame.protocol,
    direction: frame.direction,
    receivedAtMs: frame.receivedAtMs,
    text: frame.text,
    action: frame.action,
    messageId: frame.messageId,
    answer: frame.answer,
    faults: frame.faults,
    ordinal,
    frameId: String(ordinal),
    stationOrdinal,
    ocppTransactionId,
  };
}

/** The transaction of a start that came before: the same, or one that a station has dated anew. */
async function findStarted(
  access: Access,
  stationId: string,
  transaction: NewTransaction,
): Promise<OcppTransaction | null> {
  return (
    (await findByNaturalKey(access, stationId, transaction)) ?? (await findRetried(access, stationId, transaction))
  );
}

async function findRetried(access: Access, stationId: string, start: NewTransaction): Promise<OcppTransaction | null> {
  const { evse, retryKey } = start;
  if (evse === null || retryKey === null) return null;
  const row = await access.get(
    `SELECT ${transactionColumns}, retry_key FROM ocpp_transactions WHERE station_id = ? AND evse = ?
     ORDER BY ordinal DESC LIMIT 1`,
    stationId,
    evse,
  );
  if (row?.["retry_key"] !== retryKey || row["ended_frame"] !== null) return null;
  const transaction = readOcppTransactionRow(row);
  const differenceMs = Date.parse(start.startedAtText ?? "") - Date.parse(transaction.startedAtText ?? "");
  // A clock that is put right moves by hours at most; what cannot be dated is no repeat.
  if (!(Math.abs(differenceMs) <= retryWindowMs)) return null;
  // Repeated once more, it is the same still, whatever has begun or ended meanwhile.
  await access.run(
    "INSERT INTO ocpp_start_retries (station_id, natural_key, transaction_ordinal) VALUES (?, ?, ?)",
    stationId,
    start.naturalKey,
    transaction.ordinal,
  );
  // What was refused then may be accepted now.
  return transaction.idTokenStatus === "Accepted" ? transaction : { ...transaction, idTokenStatus: null };
}

async function findByNaturalKey(
  access: Access,
  stationId: string,
  transaction: NewTransaction,
): Promise<OcppTransaction | null> {
  const row = await access.get(
    `SELECT ${transactionColumns} FROM ocpp_transactions WHERE station_id = ? AND natural_key = ?
     UNION ALL SELECT ${transactionColumns} FROM ocpp_transactions WHERE ordinal = (SELECT transaction_ordinal
       FROM ocpp_start_retries WHERE ocpp_start_retries.station_id = ? AND ocpp_start_retries.natural_key = ?)
     LIMIT 1`,
    stationId,
    transaction.naturalKey,
    stationId,
    transaction.naturalKey,
  );
  return row === undefined ? null : readOcppTransactionRow(row);
}

async function chooseId(access: Access, frame: NewFrame, { ocppTransactionIds }: NewTransaction): Promise<string> {
  const isOurs = frame.protocol === "ocpp1.6";
  for (const id of ocppTransactionIds) {
    const sql = "SELECT 1 FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?";
    if (!isOurs || (await access.get(sql, frame.stationId, id)) === undefined) return id;
  }
  throw new WattproofError("STORE_CONTENDED", "Every transaction id that was offered is used.");
}

async function insertTransaction(
  access: Access,
  frame: NewFrame,
  transaction: NewTransaction,
  ocppTransactionId: string,
  startedFrame: number,
): Promise<OcppTransaction> {
  const { naturalKey, evse, connector, idToken, startedAtText } = transaction;
  const { stationId, protocol } = frame;
  const ordinal = await access.insert(
    `INSERT INTO ocpp_transactions (station_id, protocol, ocpp_transaction_id, natural_key, evse, connector, id_token,
       started_at_text, started_frame, retry_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    stationId,
    protocol,
    ocppTransactionId,
    naturalKey,
    evse,
    connector,
    idToken,
    startedAtText,
    startedFrame,
    transaction.retryKey,
  );
  return {
    ordinal,
    stationId,
    protocol,
    ocppTransactionId,
    naturalKey,
    evse,
    connector,
    idToken,
    idTokenStatus: null,
    startedAtText,
    startedFrame,
    endedFrame: null,
  };
}

async function apply(
  access: Access,
  frame: NewFrame,
  ordinal: number,
  effect: Exclude<FrameEffect, { kind: "transaction-started" }>,
): Promise<void> {
  if (effect.kind === "transaction-ended") {
    // Within this station alone, and the first end stays.
    await access.run(
      `UPDATE ocpp_transactions SET ended_frame = ? WHERE ordinal =
         (SELECT max(ordinal) FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?)
         AND ended_frame IS NULL`,
      ordinal,
      frame.stationId,
      effect.ocppTransactionId,
    );
  } else if (effect.kind === "token-decided") {
    await access.run(
      "UPDATE ocpp_transactions SET id_token_status = ? WHERE ordinal = ? AND id_token_status IS DISTINCT FROM 'Accepted'",
      effect.status,
      effect.transactionOrdinal,
    );
  } else if (effect.kind === "connector-status") {
    const { evse, connector, status, errorCode, timestampText } = effect.status;
    // A station that was removed while it is connected has no connectors any more.
    await access.run(
      `INSERT INTO ocpp_connectors (station_id, evse, connector, status, error_code, timestamp_text, received_at_ms)
       SELECT station_id, ?, ?, ?, ?, ?, ? FROM stations WHERE station_id = ?
       ON CONFLICT (station_id, evse, connector) DO UPDATE SET status = excluded.status,
         error_code = excluded.error_code, timestamp_text = excluded.timestamp_text,
         received_at_ms = excluded.received_at_ms`,
      evse,
      connector,
      status,
      errorCode,
      timestampText,
      frame.receivedAtMs,
      frame.stationId,
    );
  } else {
    await access.run(
      `INSERT INTO ocpp_stations (station_id, boot) SELECT station_id, ? FROM stations WHERE station_id = ?
       ON CONFLICT (station_id) DO UPDATE SET boot = excluded.boot`,
      JSON.stringify(effect.report),
      frame.stationId,
    );
  }
}
