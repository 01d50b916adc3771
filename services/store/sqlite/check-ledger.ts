import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { ledgerName } from "./ledger-folder.ts";
import { asStoreError } from "./sqlite-errors.ts";

/** A ledger up to this size is checked in about two seconds on a small machine, a larger one beside the work. */
const quickBytes = 268_435_456;

/**
 * Checks that the pages and rows of a ledger are whole. A large one is checked in the background.
 * @param onDamage Called with what the check in the background found.
 * @throws STORE_CORRUPT, STORE_UNAVAILABLE
 */
export function checkLedger(
  folder: string,
  onDamage: (error: WattproofError) => void,
  signal: AbortSignal,
  mostBytes = quickBytes,
): void {
  const path = join(folder, ledgerName);
  if (statSync(path).size <= mostBytes) {
    requireWhole(path);
    return;
  }
  const worker = new Worker(new URL(import.meta.url), { workerData: { path } });
  worker.once("message", (finding: unknown) => {
    if (typeof finding === "string") onDamage(damagedBy(finding));
  });
  worker.once("error", (error) => {
    onDamage(asStoreError(error));
  });
  worker.unref();
  signal.addEventListener("abort", () => void worker.terminate(), { once: true });
}

function requireWhole(path: string): void {
  const finding = firstFaultOf(path);
  if (finding !== null) throw damagedBy(finding);
}

function damagedBy(finding: string): WattproofError {
  return new WattproofError("STORE_CORRUPT", `The ledger is damaged: ${finding.slice(0, 200)}`);
}

/** What is wrong with it first, in SQLite's words; `null` if nothing is. */
function firstFaultOf(path: string): string | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: 5_000 });
    const row = database.prepare("PRAGMA quick_check(1)").get();
    const finding = String(row?.["quick_check"]);
    return finding === "ok" ? null : finding;
  } catch (error) {
    throw asStoreError(error);
  } finally {
    database?.close();
  }
}

const order = isMainThread ? null : z.object({ path: z.string() }).safeParse(workerData);
if (order?.success === true) {
  try {
    parentPort?.postMessage(firstFaultOf(order.data.path));
  } catch (error) {
    parentPort?.postMessage(error instanceof Error ? error.message : String(error));
  }
}
