import type { HeldConnection } from "../store/replicas.ts";

/** A station that is connected now, to whichever replica. */
export interface ConnectedStation extends HeldConnection {
  /** Milliseconds since 1970 of its last sign of life, where it is connected to this replica. */
  readonly lastSeenAtMs?: number;
}

/** Which stations are connected, whichever replica is asked. */
export interface StationPresence {
  /** `null` if it is connected to no replica that is alive. */
  find(stationId: string): Promise<ConnectedStation | null>;
  /** How many are. */
  count(): Promise<number>;
}
