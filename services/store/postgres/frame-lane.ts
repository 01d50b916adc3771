import { z } from "zod";

import type { FrameEffect, FrameOutcome, NewFrame } from "../ocpp.ts";
import { WattproofError } from "../../errors.ts";
import type { Access } from "../sql/access.ts";
import { applyEffects, findStart, idOfStart, storedFrame, type StartOfFrame } from "../sql/frame-effects.ts";
import type { Connection } from "./connection.ts";
import type { Pool } from "./pool.ts";
import { asStoreError } from "./postgres-errors.ts";
import { inTransaction } from "./transaction.ts";
import { keepText } from "./values.ts";

/** Keeps frames, all that arrive together in one round trip. */
export interface FrameLane {
  commit(frame: NewFrame, effects: readonly FrameEffect[], epoch: number | undefined): Promise<FrameOutcome>;
  /** Resolves when everything that was asked for is done; later frames are refused. */
  close(): Promise<void>;
}

interface Entry {
  readonly frame: NewFrame;
  readonly effects: readonly FrameEffect[];
  readonly epoch: number | undefined;
  readonly succeed: (outcome: FrameOutcome) => void;
  readonly fail: (error: unknown) => void;
}

const framesPerCommit = 1_000;

/**
 * Takes the next places of each station and keeps the frames there. The station's row is locked until the commit, also
 * against other replicas, so that places come in the order of the commits. Stations are taken in the order of their names:
 * two replicas with the same stations wait for each other in one order. A frame with an epoch that is not the newest of its
 * station is left out; the hold is locked, so that whoever takes the station over next sees every frame from before.
 */
const keepFrames = {
  name: "keep-frames",
  text: `WITH given AS (
      SELECT * FROM json_to_recordset($1::json) AS given (number bigint, station_id text, protocol text, direction text,
        received_at_ms bigint, text text, action text, message_id text, answer text, ocpp_transaction_id text,
        faults text, epoch bigint)
    ), held AS (
      SELECT station_id, epoch FROM station_holds
      WHERE station_id IN (SELECT station_id FROM given WHERE epoch IS NOT NULL) ORDER BY station_id FOR SHARE
    ), allowed AS (
      SELECT given.* FROM given LEFT JOIN held ON held.station_id = given.station_id
      WHERE given.epoch IS NULL OR given.epoch = held.epoch
    ), counted AS (
      SELECT station_id, count(*) AS frames FROM allowed GROUP BY station_id ORDER BY station_id
    ), placed AS (
      INSERT INTO ocpp_station_places AS places (station_id, newest) SELECT station_id, frames FROM counted
      ON CONFLICT (station_id) DO UPDATE SET newest = places.newest + excluded.newest
      RETURNING station_id, newest
    ), numbered AS (
      SELECT allowed.*, newest - frames + row_number() OVER (PARTITION BY allowed.station_id ORDER BY number) AS place
      FROM allowed JOIN placed ON placed.station_id = allowed.station_id
        JOIN counted ON counted.station_id = allowed.station_id
    ), kept AS (
      INSERT INTO ocpp_frames (station_id, protocol, direction, received_at_ms, text, action, message_id, answer,
        ocpp_transaction_id, faults, station_ordinal)
      SELECT station_id, protocol, direction, received_at_ms, text, action, message_id, answer, ocpp_transaction_id,
        faults, place
      FROM numbered ORDER BY number RETURNING ordinal, station_id, station_ordinal
    )
    SELECT number, ordinal, station_ordinal FROM kept
    JOIN numbered ON numbered.station_id = kept.station_id AND numbered.place = kept.station_ordinal`,
};
const placeRow = z.object({ number: z.number(), ordinal: z.number(), station_ordinal: z.number() });

/** @param within Runs work whose statements go over this connection. */
export function createFrameLane(
  pool: Pool,
  access: Access,
  within: <Result>(connection: Connection, work: () => Promise<Result>) => Promise<Result>,
): FrameLane {
  const waiting: Entry[] = [];
  let working: Promise<void> | null = null;
  let isClosed = false;

  function start(): void {
    if (working !== null || waiting.length === 0) return;
    working = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => commitAll(waiting.splice(0, framesPerCommit)))
      .finally(() => {
        working = null;
        start();
      });
  }

  async function commitAll(entries: readonly Entry[]): Promise<void> {
    try {
      const outcomes = await pool.use((connection) => commitTogether(connection, entries));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome === null)
          entries[index]?.fail(new WattproofError("STATION_MOVED", "The station has a newer connection."));
        else entries[index]?.succeed(outcome);
      }
    } catch (error) {
      const [first, ...others] = entries;
      if (others.length === 0) first?.fail(asStoreError(error));
      // One frame that cannot be written must not keep the others from being written.
      else for (const entry of entries) await commitAll([entry]);
    }
  }

  function commitTogether(
    connection: Connection,
    entries: readonly Entry[],
  ): Promise<readonly (FrameOutcome | null)[]> {
    // One statement is a transaction by itself.
    if (entries.every(({ effects }) => effects.length === 0)) return keep(connection, entries, []);
    return inTransaction(connection, ["BEGIN"], () =>
      within(connection, async () => {
        const outcomes: (FrameOutcome | null)[] = [];
        for (const part of partsOf(entries)) {
          const [first] = part;
          const start = first === undefined ? null : await findStart(access, first.frame, first.effects);
          outcomes.push(...(await keep(connection, part, [start])));
        }
        return outcomes;
      }),
    );
  }

  /**
   * @param starts What is known of the start that a frame tells of; it is a part by itself.
   * @returns `null` for frames whose station has a newer epoch
   */
  async function keep(
    connection: Connection,
    entries: readonly Entry[],
    [start = null]: readonly (StartOfFrame | null)[],
  ): Promise<readonly (FrameOutcome | null)[]> {
    const [first] = entries;
    const startId = first === undefined ? null : idOfStart(first.frame, start);
    const { rows } = await connection.query(keepFrames, [textOf(entries, startId)]);
    const places = new Map(rows.map((row) => placeRow.parse(row)).map((row) => [row.number, row]));
    const outcomes: (FrameOutcome | null)[] = [];
    for (const [number, { frame, effects }] of entries.entries()) {
      const place = places.get(number);
      if (place === undefined) {
        outcomes.push(null);
        continue;
      }
      const { ordinal, station_ordinal: stationOrdinal } = place;
      const transaction = effects.length === 0 ? null : await applyEffects(access, frame, ordinal, effects, start);
      outcomes.push({ frame: storedFrame(frame, { ordinal, stationOrdinal }, startId), transaction });
    }
    return outcomes;
  }

  return {
    commit: (frame, effects, epoch) =>
      new Promise((succeed, fail) => {
        if (isClosed) {
          fail(new WattproofError("STORE_UNAVAILABLE", "The store is closed."));
          return;
        }
        waiting.push({ frame, effects, epoch, succeed, fail });
        start();
      }),
    async close() {
      isClosed = true;
      while (working !== null) await working;
    },
  };
}

/** Frames that can be written together: one with a start stands alone, because its row holds what comes of the start. */
function partsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const parts: Entry[][] = [];
  let isAlone = true;
  for (const entry of entries) {
    const hasStart = entry.effects.some(({ kind }) => kind === "transaction-started");
    if (hasStart || isAlone) parts.push([entry]);
    else parts.at(-1)?.push(entry);
    isAlone = hasStart;
  }
  return parts;
}

function textOf(entries: readonly Entry[], startId: string | null): string {
  const kept = (text: string | null) => (text === null ? null : keepText(text));
  return JSON.stringify(
    entries.map(({ frame, epoch }, number) => ({
      number,
      station_id: keepText(frame.stationId),
      protocol: frame.protocol,
      direction: frame.direction,
      received_at_ms: frame.receivedAtMs,
      text: keepText(frame.text),
      action: kept(frame.action),
      message_id: kept(frame.messageId),
      answer: kept(frame.answer),
      ocpp_transaction_id: kept(startId),
      faults: frame.faults === null ? null : JSON.stringify(frame.faults),
      epoch: epoch ?? null,
    })),
  );
}
