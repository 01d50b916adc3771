import { z } from "zod";

import type { FrameStore, OcppStore } from "../ocpp.ts";
import type { Access } from "./access.ts";
import { frameColumns, readFrameRow, readOcppTransactionRow, transactionColumns } from "./ocpp-rows.ts";

const stationRow = z.object({ station_id: z.string() });

/** Transactions as the door knows them, and frames that could not be handed on. */
export function createOcppTransactionStore(
  access: Access,
): Pick<
  OcppStore,
  | "findOcppTransaction"
  | "listOcppTransactions"
  | "listQuarantinedFrames"
  | "parkFrame"
  | "listParkedStations"
  | "listParkedFrames"
  | "unparkFrame"
> {
  return { ...transactionsOf(access), ...parkedFramesOf(access) };
}

/** Transactions as the door knows them. */
function transactionsOf(access: Access) {
  return {
    findOcppTransaction: (stationId, ocppTransactionId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT ${transactionColumns} FROM ocpp_transactions WHERE station_id = ? AND ocpp_transaction_id = ?
           ORDER BY ordinal DESC LIMIT 1`,
          stationId,
          ocppTransactionId,
        );
        return row === undefined ? null : readOcppTransactionRow(row);
      }),
    listOcppTransactions: (stationId, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${transactionColumns} FROM ocpp_transactions WHERE station_id = ? ORDER BY ordinal DESC LIMIT ?`,
            stationId,
            limit,
          )
        ).map(readOcppTransactionRow),
      ),
  } satisfies Partial<OcppStore>;
}

/** Frames that could not be handed on, or that the schema has something against. */
function parkedFramesOf(access: Access) {
  return {
    listQuarantinedFrames: (stationId, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE station_id = ? AND faults IS NOT NULL
             ORDER BY ordinal DESC LIMIT ?`,
            stationId,
            limit,
          )
        ).map(readFrameRow),
      ),
    parkFrame: (ordinal, stationId) =>
      access.write(async () => {
        await access.run(
          "INSERT INTO ocpp_parked_frames (ordinal, station_id) VALUES (?, ?) ON CONFLICT (ordinal) DO NOTHING",
          ordinal,
          stationId,
        );
      }),
    listParkedStations: () =>
      access.read(async () =>
        (await access.all("SELECT DISTINCT station_id FROM ocpp_parked_frames ORDER BY station_id")).map(
          (row) => stationRow.parse(row).station_id,
        ),
      ),
    listParkedFrames: (stationId, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${frameColumns} FROM ocpp_frames WHERE ordinal IN (SELECT parked.ordinal FROM ocpp_parked_frames AS parked
               WHERE parked.station_id = ? ORDER BY parked.ordinal LIMIT ?) ORDER BY ordinal`,
            stationId,
            limit,
          )
        ).map(readFrameRow),
      ),
    unparkFrame: (ordinal) =>
      access.write(async () => {
        await access.run("DELETE FROM ocpp_parked_frames WHERE ordinal = ?", ordinal);
      }),
  } satisfies Partial<FrameStore>;
}
