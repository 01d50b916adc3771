import { z } from "zod";

import type { DisputeAct, DisputeActSeed } from "../../domain/dispute.ts";
import type { Metered } from "../../domain/metering.ts";
import { WattproofError } from "../../errors.ts";
import type { DisputeStore, StoredAct } from "../disputes.ts";
import type { Batch } from "../settlement.ts";
import type { Access } from "./access.ts";

const columns = "session_id, act, status, due_at_ms, attempts, batch_id, reason";
const actRow = z
  .object({
    session_id: z.string(),
    act: z.enum(["challenge", "answer", "conclude"]),
    status: z.enum(["due", "prepared", "done", "given-up"]),
    due_at_ms: z.number(),
    attempts: z.number(),
    batch_id: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .transform((row): StoredAct => ({
    sessionId: row.session_id,
    act: row.act,
    status: row.status,
    dueAtMs: row.due_at_ms,
    attempts: row.attempts,
    batchId: row.batch_id,
    reason: row.reason,
  }));
const claimRow = z
  .object({
    energy_micro_wh: z.string().transform(BigInt),
    charging_seconds: z.number(),
    connected_seconds: z.number(),
  })
  .transform((row): Metered => ({
    energyMicroWh: row.energy_micro_wh,
    chargingSeconds: row.charging_seconds,
    connectedSeconds: row.connected_seconds,
  }));

export function createDisputeStore(access: Access): Omit<DisputeStore, "recordEvidence" | "findEvidence"> {
  async function record(...[claims, atMs]: Parameters<DisputeStore["recordClaims"]>): Promise<readonly string[]> {
    const contradicted: string[] = [];
    for (const claim of claims) {
      const row = await access.get(
        "SELECT energy_micro_wh, charging_seconds, connected_seconds FROM signed_claims WHERE session_id = ?",
        claim.sessionId,
      );
      if (row !== undefined && !isSame(claimRow.parse(row), claim)) contradicted.push(claim.sessionId);
    }
    if (contradicted.length > 0) return contradicted;
    for (const { sessionId, energyMicroWh, chargingSeconds, connectedSeconds } of claims) {
      await access.run(
        `INSERT INTO signed_claims (session_id, energy_micro_wh, charging_seconds, connected_seconds, signed_at_ms)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id) DO NOTHING`,
        sessionId,
        energyMicroWh.toString(),
        chargingSeconds,
        connectedSeconds,
        atMs,
      );
    }
    return [];
  }

  async function begin(act: StoredAct, batch: Omit<Batch, "status">): Promise<void> {
    await access.run(
      "INSERT INTO batches (batch_id, status, kind, created_at_ms) VALUES (?, 'formed', ?, ?)",
      batch.batchId,
      batch.kind,
      batch.createdAtMs,
    );
    await access.run(
      "UPDATE dispute_acts SET status = 'prepared', batch_id = ? WHERE session_id = ? AND act = ? AND status = 'due'",
      batch.batchId,
      act.sessionId,
      act.act,
    );
  }

  async function leave(act: StoredAct, status: "due" | "given-up", dueAtMs: number, reason: string): Promise<void> {
    await access.run(
      `UPDATE dispute_acts SET status = ?, due_at_ms = ?, attempts = attempts + 1, batch_id = NULL, reason = ?
       WHERE session_id = ? AND act = ? AND status IN ('due', 'prepared')`,
      status,
      dueAtMs,
      reason,
      act.sessionId,
      act.act,
    );
    await access.run("UPDATE batches SET status = 'failed' WHERE batch_id = ?", act.batchId);
  }

  return {
    recordClaims: (claims, atMs) => access.write(() => record(claims, atMs)),
    listActs: (sessionId) =>
      access.read(async () =>
        (await access.all(`SELECT ${columns} FROM dispute_acts WHERE session_id = ? ORDER BY act`, sessionId)).map(
          readAct,
        ),
      ),
    listDueActs: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${columns} FROM dispute_acts WHERE status = 'due' AND act <> 'conclude' AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?`,
            nowMs,
            limit,
          )
        ).map(readAct),
      ),
    findActOfBatch: (batchId) =>
      access.read(async () => {
        const row = await access.get(`SELECT ${columns} FROM dispute_acts WHERE batch_id = ?`, batchId);
        return row === undefined ? null : readAct(row);
      }),
    beginAct: (act, batch) =>
      access.write(async () => {
        await begin(act, batch);
      }),
    postponeAct: (act, dueAtMs, reason) =>
      access.write(async () => {
        await leave(act, "due", dueAtMs, reason);
      }),
    giveUpAct: (act, reason) =>
      access.write(async () => {
        await leave(act, "given-up", act.dueAtMs, reason);
      }),
  };
}

/** Inside a write. What is there already stays as it is, but a challenge that is done can be due again: with less. */
export async function insertActs(access: Access, acts: readonly DisputeActSeed[]): Promise<void> {
  for (const { sessionId, act, dueAtMs } of acts) {
    await access.run(
      `INSERT INTO dispute_acts (session_id, act, status, due_at_ms) VALUES (?, ?, 'due', ?)
       ON CONFLICT (session_id, act) DO UPDATE
       SET status = 'due', due_at_ms = excluded.due_at_ms, attempts = 0, batch_id = NULL, reason = NULL
       WHERE dispute_acts.status = 'done' AND dispute_acts.act = 'challenge'`,
      sessionId,
      act,
      dueAtMs,
    );
  }
}

/** Inside a write: the chain says that these are done, whoever did them. */
export async function finishActs(
  access: Access,
  acts: readonly { readonly sessionId: string; readonly act: DisputeAct }[],
): Promise<void> {
  for (const { sessionId, act } of acts) {
    await access.run("UPDATE dispute_acts SET status = 'done' WHERE session_id = ? AND act = ?", sessionId, act);
  }
}

/** Inside a write: the chain no longer says so of these sessions. */
export async function reopenActs(access: Access, sessionIds: readonly string[]): Promise<void> {
  for (const sessionId of sessionIds) {
    await access.run(
      `UPDATE dispute_acts SET status = CASE WHEN batch_id IS NULL THEN 'due' ELSE 'prepared' END
       WHERE session_id = ? AND status = 'done'`,
      sessionId,
    );
  }
}

function isSame(left: Metered, right: Metered): boolean {
  return (
    left.energyMicroWh === right.energyMicroWh &&
    left.chargingSeconds === right.chargingSeconds &&
    left.connectedSeconds === right.connectedSeconds
  );
}

function readAct(row: unknown): StoredAct {
  const parsed = actRow.safeParse(row);
  if (!parsed.success) {
    throw new WattproofError("STORE_CORRUPT", "A stored act cannot be read.", { cause: parsed.error });
  }
  return parsed.data;
}
