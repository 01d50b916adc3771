import { z } from "zod";

import { budgetMs, exceededBudgetOf, type RelaySpending } from "../../domain/relay-budget.ts";
import type { RelayAdmission, RelayJob, RelayStore, RelayedCall, StoredRelayedCall } from "../relay.ts";
import type { Access } from "./access.ts";
import { createTransactionTable } from "./chain-transactions.ts";
import { reader } from "./rows.ts";

/** What the service sends for others, the transactions that carry it, and what it cost. */
export const relayStep = `
  -- One transaction, however often it is replaced.
  CREATE TABLE relay_jobs (
    job_id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    calldata TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'over')),
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX relay_jobs_open ON relay_jobs (job_id) WHERE status = 'open';

  CREATE TABLE relayed_calls (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    driver TEXT NOT NULL,
    -- The address that asked, as long as its budget counts.
    client TEXT,
    payer TEXT NOT NULL,
    subject TEXT NOT NULL,
    target TEXT NOT NULL,
    calldata TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'failed')),
    code TEXT,
    job_id TEXT REFERENCES relay_jobs (job_id),
    -- Set aside while it is pending; what it cost after that.
    gas INTEGER NOT NULL,
    cost_gwei INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX relayed_calls_id ON relayed_calls (call_id, ordinal);
  CREATE INDEX relayed_calls_job ON relayed_calls (job_id);
  CREATE INDEX relayed_calls_payer ON relayed_calls (payer, created_at_ms);
  CREATE INDEX relayed_calls_client ON relayed_calls (client, created_at_ms) WHERE client IS NOT NULL;
  CREATE INDEX relayed_calls_time ON relayed_calls (created_at_ms, cost_gwei);
  CREATE INDEX relayed_calls_waiting ON relayed_calls (ordinal) WHERE status = 'pending' AND job_id IS NULL;
  CREATE UNIQUE INDEX relayed_calls_subject ON relayed_calls (subject) WHERE status = 'pending';

  CREATE TABLE relay_transactions (
    tx_hash TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES relay_jobs (job_id),
    attempt INTEGER NOT NULL,
    nonce INTEGER NOT NULL,
    gas_limit TEXT NOT NULL,
    max_fee_per_gas TEXT NOT NULL,
    max_priority_fee_per_gas TEXT NOT NULL,
    calldata TEXT NOT NULL,
    raw_transaction TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('prepared', 'sent', 'confirmed', 'reverted', 'replaced')),
    sent_at_ms INTEGER,
    block_number INTEGER,
    UNIQUE (job_id, attempt)
  ) STRICT;
  CREATE INDEX relay_transactions_nonce ON relay_transactions (nonce) WHERE status IN ('prepared', 'sent');
`;

const kinds = [
  "opening",
  "funded-opening",
  "top-up",
  "withdrawal",
  "vehicle-opening",
  "wallet-opening",
  "new-wallet-opening",
  "passkey-batch",
  "release",
] as const;
const targets = [
  "chargingSettlement",
  "meterSettlement",
  "challenges",
  "authorizedFunding",
  "vehicleConsents",
  "passkeyAccounts",
  "walletOpenings",
] as const;

const countRow = z.object({ count: z.number() });
const gasRow = z.object({ gas: z.number().nullable() });
const costRow = z.object({ cost: z.number().nullable() });
const readJobRow = reader(
  "transaction for others",
  z
    .object({ job_id: z.string(), target: z.enum(targets), calldata: z.string(), created_at_ms: z.number() })
    .transform((row): RelayJob => ({
      jobId: row.job_id,
      target: row.target,
      calldata: row.calldata,
      createdAtMs: row.created_at_ms,
    })),
);
const readCallRow = reader(
  "call for others",
  z
    .object({
      ordinal: z.number(),
      call_id: z.string(),
      kind: z.enum(kinds),
      driver: z.string(),
      client: z.string().nullable(),
      payer: z.string(),
      subject: z.string(),
      target: z.enum(targets),
      calldata: z.string(),
      status: z.enum(["pending", "confirmed", "failed"]),
      code: z.string().nullable(),
      job_id: z.string().nullable(),
      tx_hash: z.string().nullable(),
      created_at_ms: z.number(),
    })
    .transform((row): StoredRelayedCall => ({
      ordinal: row.ordinal,
      callId: row.call_id,
      kind: row.kind,
      driver: row.driver,
      client: row.client,
      payer: row.payer,
      subject: row.subject,
      target: row.target,
      calldata: row.calldata,
      status: row.status,
      code: row.code,
      jobId: row.job_id,
      txHash: row.tx_hash,
      createdAtMs: row.created_at_ms,
    })),
);

/** What was mined stands before what was tried last. */
const callColumns = `relayed_calls.*, (SELECT tx_hash FROM relay_transactions WHERE relay_transactions.job_id =
  relayed_calls.job_id ORDER BY block_number IS NULL, attempt DESC LIMIT 1) AS tx_hash`;

/** Whether a call is taken, and what the calls before it have spent. */
function createAdmission(access: Access) {
  async function isPending(column: "call_id" | "subject", value: string): Promise<boolean> {
    const sql = `SELECT 1 FROM relayed_calls WHERE ${column} = ? AND status = 'pending'`;
    return (await access.get(sql, value)) !== undefined;
  }

  async function sumGas(column: "payer" | "client", value: string, sinceMs: number): Promise<number> {
    const sql = `SELECT CAST(sum(gas) AS BIGINT) AS gas FROM relayed_calls WHERE ${column} = ? AND created_at_ms > ?`;
    return gasRow.parse(await access.get(sql, value, sinceMs)).gas ?? 0;
  }

  async function sumCost(sinceMs: number): Promise<number> {
    const sql = "SELECT CAST(sum(cost_gwei) AS BIGINT) AS cost FROM relayed_calls WHERE created_at_ms > ?";
    return costRow.parse(await access.get(sql, sinceMs)).cost ?? 0;
  }

  async function countPending(): Promise<number> {
    return countRow.parse(await access.get("SELECT count(*) AS count FROM relayed_calls WHERE status = 'pending'"))
      .count;
  }

  async function spentFor({ payer, client }: RelayedCall, sinceMs: number): Promise<RelaySpending> {
    return {
      driverGas: await sumGas("payer", payer, sinceMs),
      clientGas: client === null ? 0 : await sumGas("client", client, sinceMs),
      totalGwei: await sumCost(sinceMs),
    };
  }

  async function admit(...[call, terms]: Parameters<RelayStore["admitRelayedCall"]>): Promise<RelayAdmission> {
    const { gas, costGwei, limits, nowMs } = terms;
    const sinceMs = nowMs - budgetMs;
    // An address is of no use once its budget is a new one.
    await access.run("UPDATE relayed_calls SET client = NULL WHERE client IS NOT NULL AND created_at_ms <= ?", sinceMs);
    if (await isPending("call_id", call.callId)) return { kind: "known" };
    if (await isPending("subject", call.subject)) return { kind: "occupied" };
    if ((await countPending()) >= terms.queueLimit) return { kind: "full" };
    const budget = exceededBudgetOf(await spentFor(call, sinceMs), { gas, costGwei }, limits);
    if (budget !== null) return { kind: "exceeded", budget };
    await access.run(
      `INSERT INTO relayed_calls (call_id, kind, driver, client, payer, subject, target, calldata, status, gas, cost_gwei,
         created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)`,
      call.callId,
      call.kind,
      call.driver,
      call.client,
      call.payer,
      call.subject,
      call.target,
      call.calldata,
      gas,
      costGwei,
      nowMs,
    );
    return { kind: "admitted" };
  }

  return { admit, sumCost, countPending };
}

export function createRelayStore(access: Access): RelayStore {
  const { admit, sumCost, countPending } = createAdmission(access);
  const transactions = createTransactionTable(access, "relay_transactions");

  async function putJob(job: RelayJob, ordinals: readonly number[]): Promise<void> {
    await access.run(
      "INSERT INTO relay_jobs (job_id, target, calldata, status, created_at_ms) VALUES (?, ?, ?, 'open', ?)",
      job.jobId,
      job.target,
      job.calldata,
      job.createdAtMs,
    );
    for (const ordinal of ordinals) {
      await access.run("UPDATE relayed_calls SET job_id = ? WHERE ordinal = ?", job.jobId, ordinal);
    }
  }

  async function finish(...[jobId, endings, mined]: Parameters<RelayStore["finishRelayJob"]>): Promise<void> {
    for (const { ordinal, status, code, gas, costGwei } of endings) {
      await access.run(
        "UPDATE relayed_calls SET status = ?, code = ?, gas = ?, cost_gwei = ? WHERE ordinal = ?",
        status,
        code,
        gas,
        costGwei,
        ordinal,
      );
    }
    await access.run("UPDATE relayed_calls SET job_id = NULL WHERE job_id = ? AND status = 'pending'", jobId);
    await transactions.giveUp(jobId);
    if (mined !== null) {
      await transactions.end(mined.txHash, mined.isSuccess ? "confirmed" : "reverted", mined.blockNumber);
    }
    await access.run("UPDATE relay_jobs SET status = 'over' WHERE job_id = ?", jobId);
  }

  return {
    admitRelayedCall: (call, terms) => access.write(() => admit(call, terms)),
    findRelayedCall: (callId) =>
      access.read(async () => {
        const row = await access.get(
          `SELECT ${callColumns} FROM relayed_calls WHERE call_id = ? ORDER BY ordinal DESC LIMIT 1`,
          callId,
        );
        return row === undefined ? null : readCallRow(row);
      }),
    listWaitingCalls: (limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${callColumns} FROM relayed_calls WHERE status = 'pending' AND job_id IS NULL
             ORDER BY ordinal LIMIT ?`,
            limit,
          )
        ).map(readCallRow),
      ),
    countPendingCalls: () => access.read(countPending),
    readRelaySpendingGwei: (sinceMs) => access.read(() => sumCost(sinceMs)),
    putRelayJob: (job, ordinals) =>
      access.write(async () => {
        await putJob(job, ordinals);
      }),
    listOpenRelayJobs: () =>
      access.read(async () =>
        (
          await access.all(
            "SELECT job_id, target, calldata, created_at_ms FROM relay_jobs WHERE status = 'open' ORDER BY created_at_ms, job_id",
          )
        ).map(readJobRow),
      ),
    listCallsOfJob: (jobId) =>
      access.read(async () =>
        (await access.all(`SELECT ${callColumns} FROM relayed_calls WHERE job_id = ? ORDER BY ordinal`, jobId)).map(
          readCallRow,
        ),
      ),
    finishRelayJob: (jobId, endings, mined) =>
      access.write(async () => {
        await finish(jobId, endings, mined);
      }),
    listRelayTransactions: (jobId) => access.read(() => transactions.list(jobId)),
    listLiveRelayNonces: () => access.read(() => transactions.listLiveNonces()),
    putRelayTransaction: (transaction) =>
      access.write(async () => {
        await transactions.put(transaction);
      }),
    markRelaySent: (txHash, sentAtMs) =>
      access.write(async () => {
        await transactions.markSent(txHash, sentAtMs);
      }),
    abandonRelayTransactions: (jobId) =>
      access.write(async () => {
        await transactions.giveUp(jobId);
      }),
  };
}
