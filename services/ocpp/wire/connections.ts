import type { OcppProtocol, SecurityProfile } from "../../store/ocpp.ts";

/** A station that is connected now. */
export interface StationConnection {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly securityProfile: SecurityProfile;
  readonly address: string;
  readonly connectedAtMs: number;
  /** A newer connection of the station has a greater one, whichever replica it is at. */
  readonly epoch: number;
  /** Milliseconds since 1970 of the last message or answer to a ping. */
  lastSeenAtMs: number;
  /** Calls that wait for the station's answer, or for their turn. */
  pendingCalls: number;
  /** Calls the station and resolves with what it answers. @throws what ocpp-rpc throws */
  call(action: string, payload: object): Promise<unknown>;
  close(code: number, reason: string): void;
}

/** One connection per station, the youngest. */
export interface Connections {
  find(stationId: string): StationConnection | undefined;
  all(): Iterable<StationConnection>;
  readonly size: number;
  /** @returns the older one of the two, if the station has another: this one, where the other has overtaken it */
  put(connection: StationConnection): StationConnection | undefined;
  /** Forgets the connection, unless another has taken its place. */
  remove(connection: StationConnection): void;
}

export function createConnections(): Connections {
  const connections = new Map<string, StationConnection>();
  return {
    find: (stationId) => connections.get(stationId),
    all: () => connections.values(),
    get size() {
      return connections.size;
    },
    put(connection) {
      const other = connections.get(connection.stationId);
      if (other !== undefined && other.epoch > connection.epoch) return connection;
      connections.set(connection.stationId, connection);
      return other;
    },
    remove(connection) {
      if (connections.get(connection.stationId) === connection) connections.delete(connection.stationId);
    },
  };
}
