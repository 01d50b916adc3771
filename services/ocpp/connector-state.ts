import type { ConnectorStatus } from "../store/ocpp.ts";

/** What a driver can make of a connector: `unknown` until its station has reported it. */
export type ConnectorState = "free" | "occupied" | "faulted" | "offline" | "unknown";

/** The words of 1.6 and of 2.x. */
const states: Readonly<Record<string, ConnectorState>> = {
  Available: "free",
  Preparing: "occupied",
  Charging: "occupied",
  SuspendedEV: "occupied",
  SuspendedEVSE: "occupied",
  Finishing: "occupied",
  Reserved: "occupied",
  Occupied: "occupied",
  // Out of service, whatever the cause.
  Unavailable: "faulted",
  Faulted: "faulted",
};

export function connectorState(isConnected: boolean, status: string): ConnectorState {
  if (!isConnected) return "offline";
  return states[status] ?? "unknown";
}

/** State of an EVSE of a station, by its own number, from what the station has reported of its connectors. */
export function evseState(
  isConnected: boolean,
  stationEvse: number,
  connectors: readonly ConnectorStatus[],
): { readonly state: ConnectorState; readonly status: string | null } {
  if (!isConnected) return { state: "offline", status: null };
  // Number 0 is the station as a whole.
  const whole = connectors.find(({ evse }) => evse === 0);
  if (whole !== undefined && connectorState(true, whole.status) === "faulted") {
    return { state: "faulted", status: whole.status };
  }
  const own = connectors
    .filter(({ evse }) => evse === stationEvse)
    .map(({ status }) => ({ state: connectorState(true, status), status }));
  // An EVSE charges at one connector at a time, so one that is taken takes all; one that works is enough.
  const order: readonly ConnectorState[] = ["occupied", "free", "faulted", "unknown"];
  return (
    order.map((state) => own.find((connector) => connector.state === state)).find((found) => found !== undefined) ?? {
      state: "unknown",
      status: null,
    }
  );
}
