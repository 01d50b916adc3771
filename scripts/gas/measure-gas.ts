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

/** The world with its meters, and what is measured in it. */
export const measuringSteps = 8;

/**
 * Measures every entry point on a fresh chain, from receipts: one operator and tariff, distinct drivers and EVSEs,
 * storage that is in use from an earlier session and cold in the transaction.
 * @param mostMeters Batches from more meters are left out: to install 500 takes longer than all the rest.
 * @param onStep Told after each of the {@link measuringSteps}.
 */
export async function measureGas(
  mostMeters = LARGEST_BATCH,
  onStep: () => void = () => undefined,
): Promise<GasMeasurement> {
  const world = await createBenchWorld(LARGEST_BATCH);
  const sessions = createBenchSessions(world);
  const meters = await createBenchMeters(world, sessions, mostMeters);
  const gas = createGasRows();
  onStep();

  const openPlusSettle = await measureBatches(sessions, gas, BATCH_SIZES);
  onStep();
  await measureMeterBatches(
    { sessions, meters, gas },
    BATCH_SIZES.filter((size) => size <= mostMeters),
  );
  onStep();
  await measureDriversCalls({ world, sessions, gas });
  onStep();
  await measureWaysIn({ world, sessions, gas });
  onStep();
  await measureChallenges({ world, sessions, meters, gas });
  onStep();
  await measurePayouts({ world, sessions, gas });
  onStep();
  await measureAdministration({ world, meters, gas });
  onStep();
  return { rows: gas.rows, openPlusSettle };
}
