import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import { textAt } from "../ocpp/payload.ts";
import type { ConnectedStation } from "../ocpp/station-presence.ts";
import type { SessionStart } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { callStation } from "./call-station.ts";
import { startCall } from "./remote-calls.ts";

const greatestStartId = 2 ** 31 - 1;

/** Where a session is begun. */
export interface StartPlace {
  readonly stationId: string;
  /** The station's own number of the EVSE. */
  readonly stationEvse: number;
}

/**
 * Asks a connected station to begin a session, unless its driver has given it up meanwhile. What it was asked is kept
 * before it is.
 */
export type StartRequester = (
  session: StoredSession,
  start: SessionStart,
  place: StartPlace,
  protocol: ConnectedStation["protocol"],
) => Promise<void>;

export function createStartRequester(deps: {
  readonly store: Pick<Store, "beginStart" | "putStart" | "putStartRequest">;
  readonly commands: StationCommands;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** When the session is looked at again. */
  readonly lookAgainMs: number;
}): StartRequester {
  const { store, commands, desk, now, steadyNow, lookAgainMs } = deps;
  return async (session, start, { stationId, stationEvse }, protocol) => {
    const { sessionId, idTag } = session;
    const attempts = start.attempts + 1;
    const asked = { ...start, attempts, askedAtMs: now(), nextAtMs: steadyNow() + lookAgainMs };
    const remoteStartId = (Number.parseInt(sessionId.slice(2, 10), 16) + attempts) % greatestStartId;
    const request = { sessionId, stationId, stationEvse, remoteStartId, askedAtMs: now(), ocppTransactionId: null };
    // Before the call: nobody knows what becomes of a call that was under way when the service ended. What was given up, at
    // whichever replica, is not begun, and what may have begun is not given up.
    if (!(await store.beginStart(asked))) return;
    if (protocol !== "ocpp1.6") await store.putStartRequest(request);
    const outcome = await callStation(commands, stationId, startCall(protocol, { stationEvse, idTag, remoteStartId }));
    const isRefused =
      outcome.kind === "refused" || (outcome.kind === "answered" && textAt(outcome.answer, "status") !== "Accepted");
    const code = outcome.kind === "answered" ? textAt(outcome.answer, "status") : outcome.code;
    desk.note("remote-start", { sessionId, stationId, attempts, outcome: code });
    const ocppTransactionId = outcome.kind === "answered" ? textAt(outcome.answer, "transactionId") : null;
    if (!isRefused && ocppTransactionId !== null) await store.putStartRequest({ ...request, ocppTransactionId });
    if (isRefused) await store.putStart({ ...asked, mayHaveBegun: start.mayHaveBegun });
  };
}
