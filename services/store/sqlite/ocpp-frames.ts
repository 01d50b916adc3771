import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type {
  FrameEffect,
  FrameOutcome,
  FrameStore,
  NewFrame,
  NewTransaction,
  OcppStore,
  OcppTransaction,
} from "../ocpp.ts";
import type { Access } from "./access.ts";
import { requireStation } from "./fences.ts";
import type { FramePlaces } from "./frame-places.ts";
import { frameColumns, readFrameRow, readOcppTransactionRow, transactionColumns } from "./ocpp-rows.ts";

interface Entry {
  readonly frame: NewFrame;
  readonly effects: readonly FrameEffect[];
  readonly epoch: number | undefined;
  readonly succeed: (outcome: FrameOutcome) => void;
  readonly fail: (error: unknown) => void;
}

const insertFrame = `INSERT INTO ocpp_frames (station_id, protocol, direction, received_at_ms, text, action, message_id,
  answer, ocpp_transaction_id, faults, station_ordinal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const retryWindowMs = 86_400_000;
const stationRow = z.object({ station_id: z.string() });

export function createOcppFrameStore(
  access: Access,
  places: FramePlaces,
): FrameStore & Pick<OcppStore, "findOcppTransaction" | "listOcppTransactions"> {
  let waiting: Entry[] = [];

  /** Writes frames in one step. They have taken their places when that is durable, and none if it fails. */
  async function commitEntries(takeEntries: () => readonly Entry[]): Promise<void> {
    let entries: readonly Entry[] = [];
    let allotted: string[] = [];
    try {
      const outcomes = await access.write(() => {
        entries = takeEntries();
        try {
          return entries.map(({ frame, effects, epoch }) => {
            if (epoch !== undefined) requireStation(access, { stationId: frame.stationId, epoch });
            const stationOrdinal = places.allot(frame.stationId);
            allotted.push(frame.stationId);
            return write(access, frame, effects, stationOrdinal);
          });
        } catch (error) {
          // What is written next in the same commit gets these places.
          places.giveBack(allotted);
          allotted = [];
          throw error;
        }
      });
      places.add(outcomes.map(({ frame }) => frame));
      for (const [index, outcome] of outcomes.entries()) entries[index]?.succeed(outcome);
    } catch (error) {
      places.giveBack(allotted);
      const [first, ...others] = entries.length > 0 ? entries : takeEntries();
      // One frame that cannot be written must not keep the others from being written.
      if (others.length === 0) first?.fail(error);
      else for (const entry of [first, ...others]) if (entry !== undefined) void commitEntries(() => [entry]);
    }
  }

  /** What has arrived until the commit runs goes with it. */
  function takeWaiting(): readonly Entry[] {
    const entries = waiting;
    waiting = [];
    return entries;
  }

  return {
    ...transactionsOf(access),
    ...parkedFramesOf(access),
    commitFrame: (frame, effects, epoch) =>
      new Promise((succeed, fail) => {
        waiting.push({ frame, effects, epoch, succeed, fail });
        if (waiting.length === 1) void commitEntries(takeWaiting);
      }),
    listFrames: (stationId, afterStationOrdinal, limit) =>
      access.read(() => {
        const rows = places.rowsBehind(stationId, afterStationOrdinal, limit);
        const found =
          rows === null
            ? access.all(
                `SELECT ${frameColumns} FROM ocpp_frames NOT INDEXED WHERE station_id = ? AND station_ordinal > ?
                 ORDER BY ordinal LIMIT ?`,
                stationId,
                afterStationOrdinal,
                limit,
              )
            : access.all(
                `SELECT ${frameColumns} FROM ocpp_frames WHERE ordinal IN (SELECT value FROM json_each(?))
                 ORDER BY ordinal`,
                JSON.stringify(rows),
              );
        return found.map(readFrameRow);
      }),
    listQuarantinedFrames: (stationId, limit) =>
      access.read(() =>
        access
          .all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE station_id = ? AND faults IS NOT NULL
             ORDER BY ordinal DESC LIMIT ?`,
            stationId,
            limit,
          )
          .map(readFrameRow),
      ),
    listFrameBacklogs: () => access.read(() => places.backlogs()),
    findFrameBacklog: (stationId) =>
      access.read(() => places.backlogs().find((backlog) => backlog.stationId === stationId) ?? null),
    async moveFrameCursors(cursors) {
      places.moveCursors(await access.write(() => places.writeCursors(cursors)));
    },
  };
}

/** Transactions as the door knows them. */
function transactionsOf(access: Access) {
  return {
    findOcppTransaction: (stationId, ocppTransactionId) =>
      access.read(() => {
        const row = access.get(
          `SELECT ${transactionColumns} FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?
           ORDER BY ordinal DESC LIMIT 1`,
          stationId,
          ocppTransactionId,
        );
        return row === undefined ? null : readOcppTransactionRow(row);
      }),
    listOcppTransactions: (stationId, limit) =>
      access.read(() =>
        access
          .all(
            `SELECT ${transactionColumns} FROM ocpp_transactions WHERE station_id = ? ORDER BY ordinal DESC LIMIT ?`,
            stationId,
            limit,
          )
          .map(readOcppTransactionRow),
      ),
  } satisfies Partial<OcppStore>;
}

/** Frames that could not be handed on. */
function parkedFramesOf(access: Access) {
  return {
    parkFrame: (ordinal, stationId) =>
      access.write(() => {
        access.run(
          "INSERT INTO ocpp_parked_frames (ordinal, station_id) VALUES (?, ?) ON CONFLICT (ordinal) DO NOTHING",
          ordinal,
          stationId,
        );
      }),
    listParkedStations: () =>
      access.read(() =>
        access
          .all("SELECT DISTINCT station_id FROM ocpp_parked_frames ORDER BY station_id")
          .map((row) => stationRow.parse(row).station_id),
      ),
    listParkedFrames: (stationId, limit) =>
      access.read(() =>
        access
          .all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE ordinal IN (SELECT parked.ordinal FROM ocpp_parked_frames AS parked
               WHERE parked.station_id = ? ORDER BY parked.ordinal LIMIT ?) ORDER BY ordinal`,
            stationId,
            limit,
          )
          .map(readFrameRow),
      ),
    unparkFrame: (ordinal) =>
      access.write(() => {
        access.run("DELETE FROM ocpp_parked_frames WHERE ordinal = ?", ordinal);
      }),
  } satisfies Partial<FrameStore>;
}

function write(access: Access, frame: NewFrame, effects: readonly FrameEffect[], stationOrdinal: number): FrameOutcome {
  const started = effects.find((effect) => effect.kind === "transaction-started");
  const known = started === undefined ? null : findStarted(access, frame.stationId, started.transaction);
  const assigned = started === undefined || known !== null ? null : chooseId(access, frame, started.transaction);
  const ocppTransactionId = frame.protocol === "ocpp1.6" ? (known?.ocppTransactionId ?? assigned) : null;

  const ordinal = access.insert(
    insertFrame,
    frame.stationId,
    frame.protocol,
    frame.direction,
    frame.receivedAtMs,
    frame.text,
    frame.action,
    frame.messageId,
    frame.answer,
    ocppTransactionId,
    frame.faults === null ? null : JSON.stringify(frame.faults),
    stationOrdinal,
  );
  let transaction = known;
  for (const effect of effects) {
    if (effect.kind === "transaction-started") {
      if (assigned !== null) transaction = insertTransaction(access, frame, effect.transaction, assigned, ordinal);
    } else apply(access, frame, ordinal, effect);
  }
  // Spelled out, because copying with `...` is many times slower and this runs for every message.
  const stored = {
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
  return { frame: stored, transaction };
}

/** The transaction of a start that came before: the same, or one that a station has dated anew. */
function findStarted(access: Access, stationId: string, transaction: NewTransaction): OcppTransaction | null {
  return findByNaturalKey(access, stationId, transaction) ?? findRetried(access, stationId, transaction);
}

function findRetried(access: Access, stationId: string, start: NewTransaction): OcppTransaction | null {
  const { evse, retryKey } = start;
  if (evse === null || retryKey === null) return null;
  const row = access.get(
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
  access.run(
    "INSERT INTO ocpp_start_retries (station_id, natural_key, transaction_ordinal) VALUES (?, ?, ?)",
    stationId,
    start.naturalKey,
    transaction.ordinal,
  );
  // What was refused then may be accepted now.
  return transaction.idTokenStatus === "Accepted" ? transaction : { ...transaction, idTokenStatus: null };
}

function findByNaturalKey(access: Access, stationId: string, transaction: NewTransaction): OcppTransaction | null {
  const row = access.get(
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

function chooseId(access: Access, frame: NewFrame, transaction: NewTransaction): string {
  const { ocppTransactionIds } = transaction;
  const isOurs = frame.protocol === "ocpp1.6";
  const free = ocppTransactionIds.find(
    (id) =>
      !isOurs ||
      access.get(
        "SELECT 1 FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?",
        frame.stationId,
        id,
      ) === undefined,
  );
  if (free === undefined) throw new WattproofError("STORE_CONTENDED", "Every transaction id that was offered is used.");
  return free;
}

function insertTransaction(
  access: Access,
  frame: NewFrame,
  transaction: NewTransaction,
  ocppTransactionId: string,
  startedFrame: number,
): OcppTransaction {
  const { naturalKey, evse, connector, idToken, startedAtText } = transaction;
  const { stationId, protocol } = frame;
  const ordinal = access.insert(
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

function apply(
  access: Access,
  frame: NewFrame,
  ordinal: number,
  effect: Exclude<FrameEffect, { kind: "transaction-started" }>,
): void {
  if (effect.kind === "transaction-ended") {
    // Within this station alone, and the first end stays.
    access.run(
      `UPDATE ocpp_transactions SET ended_frame = ? WHERE ordinal =
         (SELECT max(ordinal) FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?)
         AND ended_frame IS NULL`,
      ordinal,
      frame.stationId,
      effect.ocppTransactionId,
    );
  } else if (effect.kind === "token-decided") {
    access.run(
      "UPDATE ocpp_transactions SET id_token_status = ? WHERE ordinal = ? AND id_token_status IS NOT 'Accepted'",
      effect.status,
      effect.transactionOrdinal,
    );
  } else if (effect.kind === "connector-status") {
    const { evse, connector, status, errorCode, timestampText } = effect.status;
    // A station that was removed while it is connected has no connectors any more.
    access.run(
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
    access.run(
      `INSERT INTO ocpp_stations (station_id, boot) SELECT station_id, ? FROM stations WHERE station_id = ?
       ON CONFLICT (station_id) DO UPDATE SET boot = excluded.boot`,
      JSON.stringify(effect.report),
      frame.stationId,
    );
  }
}
