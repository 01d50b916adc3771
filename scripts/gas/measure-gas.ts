import { createBenchMeters } from "./bench-meters.ts";
import { createBenchSessions } from "./bench-sessions.ts";
import { createBenchWorld } from "./bench-world.ts";
import { createGasRows, type GasRow } from "./gas-rows.ts";
import { measureAdministration } from "./measure-administration.ts";
import { measureBatches, measureMeterBatches } from "./measure-batches.ts";
import { measureChallenges } from "./measure-challenges.ts";
import { measureDriversCalls } from "./measure-drivers-calls.ts";
import { measurePayouts } from "./measure-payouts.ts";
import { measureWaysIn } from "./measure-ways-in.ts";

export interface GasMeasurement {
  readonly rows: readonly GasRow[];
  /** What `openBatch` and `settleBatch` together cost per session, by batch size. */
  readonly openPlusSettle: Readonly<Record<string, number>>;
}

const BATCH_SIZES = [1, 10, 100, 500];
const LARGEST_BATCH = 500;

/**
 * Measures every entry point on a fresh chain, from receipts: one operator and tariff, distinct drivers and EVSEs,
 * storage that is in use from an earlier session and cold in the transaction.
 * @param mostMeters Batches from more meters are left out: to install 500 takes longer than all the rest.
 */
export async function measureGas(mostMeters = LARGEST_BATCH): Promise<GasMeasurement> {
  const world = await createBenchWorld(LARGEST_BATCH);
  const sessions = createBenchSessions(world);
  const meters = await createBenchMeters(world, sessions, mostMeters);
  const gas = createGasRows();

  const openPlusSettle = await measureBatches(sessions, gas, BATCH_SIZES);
  await measureMeterBatches(
    { sessions, meters, gas },
    BATCH_SIZES.filter((size) => size <= mostMeters),
  );
  await measureDriversCalls({ world, sessions, gas });
  await measureWaysIn({ world, sessions, gas });
  await measureChallenges({ world, sessions, meters, gas });
  await measurePayouts({ world, sessions, gas });
  await measureAdministration({ world, meters, gas });
  return { rows: gas.rows, openPlusSettle };
}
