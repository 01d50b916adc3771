import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Connections, StationConnection } from "../../ocpp/wire/connections.ts";
import type { Store } from "../../store/store.ts";
import { withinTime } from "../within-time.ts";
import type { StationSetUp } from "./set-up-station.ts";

/** Sets up each charger once, after its first boot; later only who asks for it. */
export interface SetUpRounds {
  setUpDue(signal: AbortSignal): Promise<void>;
}

/** Who had it done, in the report. */
export const firstBoot = "first boot";
/** How long a round waits for answers of stations. */
const patienceMs = 1_000;

export function createSetUpRounds(deps: {
  readonly store: Pick<Store, "findOcppStation" | "readSetUp">;
  readonly connections: Connections;
  readonly setUp: StationSetUp;
  readonly desk: OperatorDesk;
}): SetUpRounds {
  const { store, connections, setUp, desk } = deps;
  // Looked at once for each connection: what is broken off goes on with the next one.
  const looked = new WeakSet<StationConnection>();

  async function look(connection: StationConnection): Promise<void> {
    const { stationId } = connection;
    if (looked.has(connection)) return;
    const known = await store.readSetUp(stationId);
    const station = known?.isDue === true ? await store.findOcppStation(stationId) : null;
    if (station !== null && (station.boot === null || station.bootStatus !== "Accepted")) return;
    looked.add(connection);
    if (station === null) return;
    await setUp.setUp(stationId, { by: firstBoot, isDryRun: false }).catch((error: unknown) => {
      if (!(error instanceof WattproofError)) throw error;
      desk.note("station-set-up-broken-off", { stationId, code: error.code });
    });
  }

  return {
    async setUpDue(signal) {
      if (signal.aborted) return;
      await withinTime(
        Promise.all([...connections.all()].map(look)).then(() => undefined),
        patienceMs,
      );
    },
  };
}
