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

  async function cursor(): Promise<BlockMark | null> {
    const row = await access.get("SELECT number, hash FROM chain_cursor");
    return row === undefined ? null : markRow.parse(row);
  }

  async function commit(progress: ChainProgress): Promise<WriteOutcome> {
    const opened = new Set(progress.openings.map((opening) => opening.sessionId));
    const known = progress.changes.filter((change) => !opened.has(change.sessionId));
    if ((await cursor())?.hash !== progress.expectedCursor?.hash || !(await areCurrent(access, known))) return "stale";

    for (const { tariffId, tariff } of progress.tariffs) {
      await access.run(
        "INSERT INTO tariffs (tariff_id, content) VALUES (?, ?) ON CONFLICT (tariff_id) DO NOTHING",
        tariffId,
        encode(tariff),
      );
    }
    for (const opening of progress.openings) await insertSession(access, opening);
    for (const change of progress.changes) await applyChange(access, change, null);
    for (const reopening of progress.reopenings) await changeIdTag(access, reopening);
    await insertActs(access, progress.acts);
    await finishActs(access, progress.finishedActs);
    await reopenActs(access, progress.reopenedActs);
    for (const transaction of progress.transactions) await place(transaction.txHash, transaction.blockNumber);
    await moveCursor(progress);
    return "stored";
  }

  async function place(txHash: string, blockNumber: number | null): Promise<void> {
    const isMined = blockNumber !== null;
    await access.run(
      "UPDATE transactions SET status = ?, block_number = ? WHERE tx_hash = ?",
      isMined ? "confirmed" : "sent",
      blockNumber,
      txHash,
    );
    await access.run(
      "UPDATE batches SET status = ? WHERE batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)",
      isMined ? "confirmed" : "sent",
      txHash,
    );
    if (isMined) {
      await access.run(
        `UPDATE transactions SET status = 'replaced' WHERE status IN ('prepared', 'sent') AND tx_hash <> ?
         AND batch_id = (SELECT batch_id FROM transactions WHERE tx_hash = ?)`,
        txHash,
        txHash,
      );
    }
  }

  async function moveCursor(progress: ChainProgress): Promise<void> {
    if (progress.forgetAboveBlock !== null) {
      await access.run("DELETE FROM block_marks WHERE number > ?", progress.forgetAboveBlock);
    }
    if (progress.cursor === null) {
      await access.run("DELETE FROM chain_cursor");
      return;
    }
    const { number, hash } = progress.cursor;
    await access.run(
      `INSERT INTO chain_cursor (only_row, number, hash) VALUES (1, ?, ?)
       ON CONFLICT (only_row) DO UPDATE SET number = excluded.number, hash = excluded.hash`,
      number,
      hash,
    );
    await access.run(
      "INSERT INTO block_marks (number, hash) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET hash = excluded.hash",
      number,
      hash,
    );
    await access.run(
      "DELETE FROM block_marks WHERE number < (SELECT number FROM block_marks ORDER BY number DESC LIMIT 1 OFFSET ?)",
      keptMarks - 1,
    );
  }

  return {
    readCursor: () => access.read(cursor),
    listBlockMarks: (limit) =>
      access.read(async () =>
        (await access.all("SELECT number, hash FROM block_marks ORDER BY number DESC LIMIT ?", limit)).map((row) =>
          markRow.parse(row),
        ),
      ),
    listSessionsAbove: (blockNumber) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${sessionColumns} FROM sessions WHERE ordinal IN (
               SELECT ordinal FROM sessions WHERE opening_block > ?
               UNION SELECT ordinal FROM sessions WHERE closing_block IS NOT NULL AND closing_block > ?
               UNION SELECT ordinal FROM sessions WHERE amounts_block IS NOT NULL AND amounts_block > ?) ORDER BY ordinal`,
            blockNumber,
            blockNumber,
            blockNumber,
          )
        ).map(readSessionRow),
      ),
    listTransactionsAbove: (blockNumber) => access.read(() => transactions.listAbove(blockNumber)),
    commitChain: (progress) => access.write(() => commit(progress)),
  };
}
