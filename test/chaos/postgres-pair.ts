import { startPostgres, startStandby, type PostgresServer, type StandbyServer } from "../helpers/postgres-server.ts";

/** A primary and, where there is one, the standby that its commits wait for. They change places when the primary is lost. */
export interface PostgresPair {
  readonly database: string;
  readonly hasStandby: boolean;
  readonly primary: PostgresServer;
  /** @throws RangeError where there is none */
  readonly standby: PostgresServer;
  /** The port of the first server and of the second one, whichever is the primary. */
  portOf(place: 0 | 1): number;
  /** Kills the primary for good, has the standby take its place, and makes a new standby. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgresPair(hasStandby: boolean): Promise<PostgresPair> {
  let primary = await startPostgres();
  const database = new URL(await primary.createDatabase()).pathname.slice(1);
  let standby: StandbyServer | null = hasStandby ? await startStandby(primary) : null;
  /** Which of the two places the primary has. */
  let primaryPlace: 0 | 1 = 0;

  function requireStandby(): StandbyServer {
    if (standby === null) throw new RangeError("There is no standby.");
    return standby;
  }

  return {
    database,
    hasStandby,
    get primary() {
      return primary;
    },
    get standby() {
      return requireStandby();
    },
    portOf: (place) => (place === primaryPlace || standby === null ? primary : standby).port,
    async failOver() {
      const lost = primary;
      const next = requireStandby();
      await lost.kill();
      await next.promote();
      primary = next;
      primaryPlace = primaryPlace === 0 ? 1 : 0;
      standby = await startStandby(next);
      await lost.stop();
    },
    async stop() {
      await primary.stop();
      await standby?.stop();
    },
  };
}
