import type { BenchMeters } from "./bench-meters.ts";
import type { BenchSessions } from "./bench-sessions.ts";
import type { GasRows } from "./gas-rows.ts";

/**
 * Opens and settles in batches of each size, by oracles and by meters.
 * @returns what opening and settling by oracles cost per session, by batch size.
 */
export async function measureBatches(
  { sessions, meters, gas }: { sessions: BenchSessions; meters: BenchMeters; gas: GasRows },
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

  const provenSessions = await sessions.planSessions(largest);
  await sessions.openBatch(provenSessions);
  await meters.settleBatchWithMeter(provenSessions);
  for (const n of sizes) {
    const planned = await sessions.planSessions(n);
    await sessions.openBatch(planned);
    gas.add("settleBatchWithMeter", n, ...(await meters.settleBatchWithMeter(planned)));
  }
  const alone = await sessions.planSession(0);
  await sessions.openBatch([alone]);
  gas.add("settleWithMeter", 1, await meters.settleWithMeter(alone));
  return openPlusSettle;
}
