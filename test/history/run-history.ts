import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { archiveFrames } from "../../services/archive/archive-frames.ts";
import { ledgerName } from "../../services/store/sqlite/ledger-folder.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { block, cdrOf, changeOf, chargingOf, frameOf, message } from "../services/store/samples.ts";
import { createStoreWorld } from "../services/store/world.ts";

export interface HistoryReport {
  readonly sessions: number;
  readonly messages: number;
  /** Bytes in use in the ledger's file, without free pages. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Size of the archive's files. */
  readonly archiveBytes: number;
  readonly archived: number;
  readonly archiveMs: number;
  /** From opening the ledger until it has answered what a service asks at its start. */
  readonly restartMsBefore: number;
  readonly restartMsAfter: number;
}

/** Sessions that are written at once. */
const chunk = 100;
const amounts = { energyMicroWh: 1_500_000n, chargingSeconds: 3, connectedSeconds: 0, chargedMicro: 7n };
const position = { txHash: "0xc", blockNumber: 2, blockHash: "0xa2", logIndex: 0 };
const closing = { kind: "settled", position, ...amounts, returnedMicro: 1n, batch: 1, isReadable: true } as const;
/** As long as a TransactionEvent of 2.0.1 with four values of the meter. */
const text = `[2,"id","TransactionEvent",${JSON.stringify({ value: "x".repeat(700) })}]`;

/** Fills a ledger in a folder with settled sessions, and measures it before and after their messages were archived. */
export async function runHistory(sessions: number, messagesOfSession: number): Promise<HistoryReport> {
  const folder = mkdtempSync(join(tmpdir(), "wattproof-history-"));
  try {
    let store = openSqliteStore(folder);
    for (let first = 0; first < sessions; first += chunk) {
      await fill(store, first, Math.min(chunk, sessions - first), messagesOfSession);
    }
    await store.close();
    const bytesBefore = bytesInUse(folder);
    const restartMsBefore = await restart(folder);
    store = openSqliteStore(folder);
    const archive = join(folder, "archive");
    const startedMs = performance.now();
    const deps = { store, folder: archive, beforeMs: 1_000, now: Date.now, signal: new AbortController().signal };
    const files = await archiveFrames(deps);
    const archiveMs = Math.round(performance.now() - startedMs);
    await store.close();
    return {
      ...{ sessions, messages: sessions * messagesOfSession, bytesBefore, bytesAfter: bytesInUse(folder) },
      archiveBytes: readdirSync(archive).reduce((sum, name) => sum + statSync(join(archive, name)).size, 0),
      archived: files.reduce((sum, { frames }) => sum + frames, 0),
      ...{ archiveMs, restartMsBefore, restartMsAfter: await restart(folder) },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A station for each of these sessions, which charges once. */
async function fill(store: Store, first: number, count: number, messagesOfSession: number): Promise<void> {
  const world = createStoreWorld(() => ({ store, reopen: () => Promise.resolve() }));
  const names = Array.from({ length: count }, (_unused, index) => String(first + index));
  await world.openSessions(...names);
  await Promise.all(
    names.map(async (name) => {
      const sessionId = `0x${name}`;
      const commits = Array.from({ length: messagesOfSession }, () =>
        store.commitFrame(frameOf(`S${name}`, "in", "TransactionEvent", { text }), []),
      );
      const frames = (await Promise.all(commits)).map(({ frame }) => frame);
      await store.putMessage(message(name, "x".repeat(900)));
      const { transaction } = await world.commitTransaction({
        transaction: chargingOf(`S${name}`, name, { sessionId, isOpen: false, endedAtMs: 2 }),
        session: await world.session(sessionId),
        event: { kind: "evidence-completed" },
        cdr: cdrOf(sessionId),
      });
      if (transaction === null) throw new Error("The transaction was not kept.");
      await store.commitChargingFrames([{ transaction, frames: frames.map(({ ordinal }) => ordinal) }]);
    }),
  );
  await store.moveFrameCursors(names.map((name) => ({ stationId: `S${name}`, stationOrdinal: messagesOfSession })));
  const changes = await Promise.all(
    names.map(async (name) => changeOf(await world.session(`0x${name}`), { kind: "closed", closing, reason: null })),
  );
  await world.progress({ cursor: block(2), changes });
}

/** @returns milliseconds */
async function restart(folder: string): Promise<number> {
  const startedMs = performance.now();
  const store = openSqliteStore(folder);
  try {
    await store.listFrameBacklogs();
    await store.listPendingMessages(100);
    await store.listTransactionsToAssess(100);
    await store.readCursor();
    return Math.round(performance.now() - startedMs);
  } finally {
    await store.close();
  }
}

function bytesInUse(folder: string): number {
  const database = new DatabaseSync(join(folder, ledgerName), { readOnly: true });
  try {
    const numberOf = (pragma: string): number =>
      Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
    return (numberOf("page_count") - numberOf("freelist_count")) * numberOf("page_size");
  } finally {
    database.close();
  }
}
