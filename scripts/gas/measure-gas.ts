import type { TransactionReceipt } from "ethers";

import type { BenchSession } from "./bench-chain.ts";
import { createBenchChain } from "./bench-chain.ts";

/** Gas of one entry point, per item, the transaction's 21,000 and its calldata included. */
export interface GasRow {
  readonly entry: string;
  readonly n: number;
  readonly gasPerItem: number;
  readonly txCount: number;
  readonly source: "measured" | "peer";
}

export interface GasMeasurement {
  readonly rows: readonly GasRow[];
  /** What `openBatch` and `settleBatch` together cost per session, by batch size. */
  readonly openPlusSettle: Readonly<Record<string, number>>;
}

const BATCH_SIZES = [1, 10, 100, 500];
const LARGEST_BATCH = 500;
const METER_BATCH = 10;

/**
 * Measures every entry point on a fresh chain, from receipts: one operator and tariff, distinct drivers and EVSEs,
 * storage that is in use from an earlier session and cold in the transaction.
 */
export async function measureGas(): Promise<GasMeasurement> {
  const chain = await createBenchChain(LARGEST_BATCH);
  const rows: GasRow[] = [];
  let isMeterSlotInUse = false;
  const openPlusSettle: Record<string, number> = {};

  function record(entry: string, n: number, receipt: TransactionReceipt): number {
    const gasPerItem = Number(receipt.gasUsed) / n;
    // 500 sessions, the largest batch, stay below the 2^24 gas of EIP-7825, so each batch is one transaction.
    rows.push({ entry, n, gasPerItem: Math.round(gasPerItem), txCount: 1, source: "measured" });
    return gasPerItem;
  }

  // The first round brings every slot into use and is not measured.
  const everySession = await chain.planSessions(LARGEST_BATCH);
  await chain.openBatch(everySession);
  await chain.settleBatch(everySession);

  for (const n of BATCH_SIZES) {
    const sessions = await chain.planSessions(n);
    const openGas = record("openBatch", n, await chain.openBatch(sessions));
    const settleGas = record("settleBatch", n, await chain.settleBatch(sessions));
    openPlusSettle[String(n)] = Math.round(openGas + settleGas);
  }

  const meters = await chain.installMeters(METER_BATCH);
  for (const n of [METER_BATCH, 1, METER_BATCH]) {
    const sessions = await chain.planSessions(n);
    await chain.openBatch(sessions);
    const receipt = await chain.settleWithMeter(sessions, meters);
    // The first round of ten brings each meter's slot into use.
    if (isMeterSlotInUse) record(n === 1 ? "settleWithMeter" : "settleBatchWithMeter", n, receipt);
    isMeterSlotInUse = true;
  }

  const own = await planOne();
  record("open", 1, await chain.openOwn(own));
  record("expire", 1, await chain.expire(own));
  record("deposit", 1, await chain.deposit(own.driver));
  record("withdraw", 1, await chain.withdraw(own.driver));
  record("withdrawCredit", 1, await chain.withdrawCredit());
  return { rows, openPlusSettle };

  async function planOne(): Promise<BenchSession> {
    const [session] = await chain.planSessions(1);
    if (session === undefined) throw new Error("no session was planned");
    return session;
  }
}
