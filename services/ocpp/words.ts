import type { ConnectorState } from "../domain/charging/message.ts";
import type { ConnectorStatus } from "../store/ocpp.ts";

/** What a driver can make of a connector: `unknown` until its station has reported it. */
export type DriverState = "free" | "occupied" | "faulted" | "offline" | "unknown";

/** What a station's word for a connector means, wherever somebody asks. */
interface ConnectorWord {
  readonly state: ConnectorState;
  readonly forDrivers: DriverState;
  /** Energy may flow to a vehicle: no session there is closed for nothing. */
  readonly mayCharge: boolean;
  /** It is another driver's: nobody's money should be held for a charge there now. */
  readonly isTaken: boolean;
}

/**
 * The words of 1.6 and of 2.x.
 *
 * "Finishing": the transaction is over and the vehicle is still there. Nothing flows, so a session that nobody began may
 * be closed. The outlet is not free all the same: the next driver cannot plug in, and money that was held would wait for
 * somebody who is away. Nor is it an end: the stop, with what was measured, follows it.
 *
 * "Preparing": a cable is plugged in, or a card was shown. That is the driver's own doing, so money may be held.
 *
 * "Occupied" of 2.x is one word for all of these. Energy may flow, and who charges is known from the transactions alone.
 */
const words: ReadonlyMap<string, ConnectorWord> = new Map<string, ConnectorWord>([
  ["Available", { state: "available", forDrivers: "free", mayCharge: false, isTaken: false }],
  ["Preparing", { state: "preparing", forDrivers: "occupied", mayCharge: false, isTaken: false }],
  ["Occupied", { state: "occupied", forDrivers: "occupied", mayCharge: true, isTaken: false }],
  ["Charging", { state: "charging", forDrivers: "occupied", mayCharge: true, isTaken: true }],
  ["SuspendedEV", { state: "suspended", forDrivers: "occupied", mayCharge: true, isTaken: true }],
  ["SuspendedEVSE", { state: "suspended", forDrivers: "occupied", mayCharge: true, isTaken: true }],
  ["Finishing", { state: "finishing", forDrivers: "occupied", mayCharge: false, isTaken: true }],
  ["Reserved", { state: "reserved", forDrivers: "occupied", mayCharge: false, isTaken: true }],
  // Out of service, whatever the cause.
  ["Unavailable", { state: "unavailable", forDrivers: "faulted", mayCharge: false, isTaken: false }],
  ["Faulted", { state: "faulted", forDrivers: "faulted", mayCharge: false, isTaken: false }],
]);

/** In the words of no version; `unknown` for a word that no version has. */
export function stateOfWord(word: string): ConnectorState {
  return words.get(word)?.state ?? "unknown";
}

/** Whether an outlet that says so is another driver's. */
export function isTaken(word: string): boolean {
  return words.get(word)?.isTaken === true;
}

/** Whether all that a station has reported of its EVSE says that nothing flows there. What it has not reported may. */
export function isIdle(stationEvse: number, connectors: readonly ConnectorStatus[]): boolean {
  const own = connectors.filter(({ evse }) => evse === stationEvse);
  return own.length > 0 && own.every(({ status }) => words.get(status)?.mayCharge === false);
}

/**
 * The connector of an EVSE at which a vehicle is: the only one that it has, or the only one that is not free.
 * `null`: the station has not said which.
 */
export function pluggedConnector(stationEvse: number, connectors: readonly ConnectorStatus[]): number | null {
  const own = connectors.filter(({ evse }) => evse === stationEvse);
  const taken = own.filter(({ status }) => words.get(status)?.forDrivers === "occupied");
  const [only, ...others] = own.length === 1 ? own : taken;
  return only === undefined || others.length > 0 ? null : only.connector;
}

/** State of one connector for drivers. */
export function driverStateOf(isConnected: boolean, word: string): DriverState {
  if (!isConnected) return "offline";
  return words.get(word)?.forDrivers ?? "unknown";
}

/** State of an EVSE of a station, by its own number, from what the station has reported of its connectors. */
export function evseState(
  isConnected: boolean,
  stationEvse: number,
  connectors: readonly ConnectorStatus[],
): { readonly state: DriverState; readonly status: string | null } {
  if (!isConnected) return { state: "offline", status: null };
  // Number 0 is the station as a whole.
  const whole = connectors.find(({ evse }) => evse === 0);
  if (whole !== undefined && driverStateOf(true, whole.status) === "faulted") {
    return { state: "faulted", status: whole.status };
  }
  const own = connectors
    .filter(({ evse }) => evse === stationEvse)
    .map(({ status }) => ({ state: driverStateOf(true, status), status }));
  // An EVSE charges at one connector at a time, so one that is taken takes all; one that works is enough.
  const order: readonly DriverState[] = ["occupied", "free", "faulted", "unknown"];
  return (
    order.map((state) => own.find((connector) => connector.state === state)).find((found) => found !== undefined) ?? {
      state: "unknown",
      status: null,
    }
  );
}
