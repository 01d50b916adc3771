import { z } from "zod";

import type { BlockMark, ChainProgress, ChainStore } from "../chain.ts";
import type { WriteOutcome } from "../sessions.ts";
import type { Access } from "./access.ts";
import { createTransactionTable } from "./chain-transactions.ts";
import { encode } from "./codec.ts";
import { finishActs, insertActs, reopenActs } from "./disputes.ts";
import { readSessionRow } from "./rows.ts";
import { applyChange, areCurrent, changeIdTag, insertSession, sessionColumns } from "./sessions.ts";

const markRow = z.object({ number: z.number(), hash: z.string() });
// Deeper than any reorganisation that a chain with a finality rule has; older marks are of no use.
const keptMarks = 1_024;

export function createChainStore(access: Access): ChainStore {
  const transactions = createTransactionTable(access, "transactions");

  function cursor(): BlockMark | null {
    const row = access.get("SELECT number, hash FROM chain_cursor");
    return row === undefined ? null : markRow.parse(row);
  }

  function commit(progress: ChainProgress): WriteOutcome {
    const opened = new Set(progress.openings.map((opening) => opening.sessionId));
    const known = progress.changes.filter((change) => !opened.has(change.sessionId));
    if (cursor()?.hash !== progress.expectedCursor?.hash || !areCurrent(access, known)) return "stale";

    for (const { tariffId, tariff } of progress.tariffs) {
      access.run("INSERT OR IGNORE INTO tariffs (tariff_id, content) VALUES (?, ?)", tariffId, encode(tariff));
    }
    for (const opening of progress.openings) insertSession(access, opening);
    for (const change of progress.changes) applyChange(access, change, null);
    for (const reopening of progress.reopenings) changeIdTag(access, reopening);
    insertActs(access, progress.acts);
    finishActs(access, progress.finishedActs);
    reopenActs(access, progress.reopenedActs);
    for (const transaction of progress.transactions) place(transaction.txHash, transaction.blockNumber);
    moveCursor(progress);
    return "stored";
  }

  function place(txHash: string, blockNumber: number | null): void {
    const isMined = blockNumber !== null;
    access.run(
      "UPDATE transactions SET status = ?, block_number = ? WHERE tx_hash = ?",
      isMined ? "confirmed" : "sent",
      blockNumber,
      txHash,
    );
    access.run(
      "UPDATE batches SET status = ? WHERE batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)",
      isMined ? "confirmed" : "sent",
      txHash,
    );
    if (isMined) {
      access.run(
        `UPDATE transactions SET status = 'replaced' WHERE status IN ('prepared', 'sent') AND tx_hash <> ?
         AND batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)`,
        txHash,
        txHash,
      );
    }
  }

  function moveCursor(progress: ChainProgress): void {
    if (progress.forgetAboveBlock !== null) {
      access.run("DELETE FROM block_marks WHERE number > ?", progress.forgetAboveBlock);
    }
    if (progress.cursor === null) {
      access.run("DELETE FROM chain_cursor");
      return;
    }
    const { number, hash } = progress.cursor;
    access.run("INSERT OR REPLACE INTO chain_cursor (only_row, number, hash) VALUES (1, ?, ?)", number, hash);
    access.run("INSERT OR REPLACE INTO block_marks (number, hash) VALUES (?, ?)", number, hash);
    access.run(
      "DELETE FROM block_marks WHERE number < (SELECT number FROM block_marks ORDER BY number DESC LIMIT 1 OFFSET ?)",
      keptMarks - 1,
    );
  }

  return {
    readCursor: () => access.read(cursor),
    listBlockMarks: (limit) =>
      access.read(() =>
        access
          .all("SELECT number, hash FROM block_marks ORDER BY number DESC LIMIT ?", limit)
          .map((row) => markRow.parse(row)),
      ),
    listSessionsAbove: (blockNumber) =>
      access.read(() =>
        access
          .all(
            `SELECT ${sessionColumns} FROM sessions
             WHERE opening_block > ? OR (closing_block IS NOT NULL AND closing_block > ?)
               OR (amounts_block IS NOT NULL AND amounts_block > ?) ORDER BY ordinal`,
            blockNumber,
            blockNumber,
            blockNumber,
          )
          .map(readSessionRow),
      ),
    listTransactionsAbove: (blockNumber) => access.read(() => transactions.listAbove(blockNumber)),
    commitChain: (progress) => access.write(() => commit(progress)),
  };
}
