import type { TransactionReceipt } from "ethers";

import type { BenchMeters } from "./bench-meters.ts";
import type { BenchSessions } from "./bench-sessions.ts";
import type { GasRows } from "./gas-rows.ts";

/**
 * Opens in batches of each size, and settles them by a quorum of oracles.
 * @returns what both cost per session, by batch size.
 */
export async function measureBatches(
  sessions: BenchSessions,
  gas: GasRows,
  sizes: readonly number[],
): Promise<Record<string, number>> {
  const openPlusSettle: Record<string, number> = {};
  // The first round brings every slot into use and is not measured.
  const largest = Math.max(...sizes);
  const everySession = await sessions.planSessions(largest);
  await sessions.openBatch(everySession);
  await sessions.settleBatch(everySession);

  for (const n of sizes) {
    const planned = await sessions.planSessions(n);
    const openGas = gas.add("openBatch", n, await sessions.openBatch(planned));
    const settleGas = gas.add("settleBatch", n, (await sessions.settleBatch(planned)).receipt);
    openPlusSettle[n.toString()] = Math.round(openGas + settleGas);
  }
  return openPlusSettle;
}

/** Settles by the meters' own signatures, in batches of each size and alone, and alone by a meter without a maker's word. */
export async function measureMeterBatches(
  { sessions, meters, gas }: { sessions: BenchSessions; meters: BenchMeters; gas: GasRows },
  sizes: readonly number[],
): Promise<void> {
  // The first round brings each meter's slot into use and is not measured.
  const provenSessions = await sessions.planSessions(Math.max(...sizes));
  await sessions.openBatch(provenSessions);
  await meters.settleBatchWithMeter(provenSessions);
  for (const n of sizes) {
    const planned = await sessions.planSessions(n);
    await sessions.openBatch(planned);
    gas.add("settleBatchWithMeter", n, ...(await meters.settleBatchWithMeter(planned)));
  }
  gas.add("settleWithMeter", 1, await settleAlone(sessions, meters));
  await meters.revokeMaker();
  // The first one brings the slots of provisional credit and limits into use and is not measured.
  await settleAlone(sessions, meters);
  gas.add("settleWithMeter (self-declared)", 1, await settleAlone(sessions, meters));
}

async function settleAlone(sessions: BenchSessions, meters: BenchMeters): Promise<TransactionReceipt> {
  const alone = await sessions.planSession(0);
  await sessions.openBatch([alone]);
  return meters.settleWithMeter(alone);
}
