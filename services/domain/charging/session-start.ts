/** What is known about a session that was opened and that no station has begun. */
export interface WaitingSessionView {
  readonly nowMs: number;
  /** When this service could first have had it started. */
  readonly sinceMs: number;
  /** When the station was last asked to start it; `null` if never. */
  readonly askedAtMs: number | null;
  /** The station was asked, and its answer was yes or got lost: it may start whenever it likes. */
  readonly mayHaveBegun: boolean;
  readonly isConnected: boolean;
  /** The station has said that nothing is going on for the session; `null` until it was asked. */
  readonly isKnownIdle: boolean | null;
  /** The station has answered which transaction it began for the session. */
  readonly isTransactionNamed: boolean;
  /** A transaction is open at the EVSE of the session, or names the session, and has none. */
  readonly isTransactionBeside: boolean;
}

export interface StartLimits {
  /** Wait after which a session that was not begun is closed. */
  readonly limitMs: number;
  /** Pause before a station is asked again. */
  readonly retryMs: number;
}

/**
 * `start`: ask the station to begin. `wait`: nothing to do now. `inquire`: time is up, and the station has to say first
 * whether it has begun. `close`: nothing has flowed; the hold is to be free.
 */
export type StartStep = "start" | "wait" | "inquire" | "close";

/** What to do about a session that was not begun. One that could be charging behind our back is never closed. */
export function decideStart(view: WaitingSessionView, limits: StartLimits): StartStep {
  const isAnswerDue = view.askedAtMs === null || view.nowMs - view.askedAtMs >= limits.retryMs;
  if (view.nowMs - view.sinceMs < limits.limitMs) {
    return view.isConnected && isAnswerDue && !view.isTransactionNamed ? "start" : "wait";
  }
  // Whatever the station says of itself: something goes on there that may be the session.
  if (view.isTransactionBeside) return "wait";
  // A station of OCPP that nobody could ask to start has not started: nobody else tells it this idTag.
  if (!view.isConnected) return view.mayHaveBegun ? "wait" : "close";
  if (view.isKnownIdle === true) return "close";
  return "inquire";
}
