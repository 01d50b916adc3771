import type { SessionReleases } from "../chain/session-releases.ts";
import { decideStart, type StartLimits } from "../domain/charging/session-start.ts";
import { agoMs } from "../domain/due-times.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { SessionStart } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { SessionCompleter } from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { ConnectedStation, StationPresence } from "../ocpp/station-presence.ts";
import { textAt, fieldAt } from "../ocpp/payload.ts";
import { isIdle } from "../ocpp/words.ts";
import { callStation } from "./call-station.ts";
import { createUnbegunCloser, isHeldUnbegun } from "./close-unbegun.ts";
import { idleCall } from "./remote-calls.ts";
import { createStartRequester, type StartPlace } from "./request-start.ts";
import type { CircumstanceReader } from "./session-circumstances.ts";
import type { StationTraits } from "./station-traits.ts";
import type { OnceDesk } from "./tell-once.ts";
import { withinTime } from "./within-time.ts";
import type { TransactionBook } from "./transaction-book.ts";

export interface SessionBeginnerDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly prices: PriceJudge;
  readonly commands: StationCommands;
  readonly connections: StationPresence;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly limits: StartLimits;
  readonly readCircumstances: CircumstanceReader;
  /** `null`: the service sends nothing for others. */
  readonly releases: Pick<SessionReleases, "canRelease"> | null;
  readonly completer: SessionCompleter;
  readonly ages: Ages;
  readonly once: OnceDesk;
  readonly traits: Pick<StationTraits, "ask">;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}

/** Has sessions begun that were opened on chain, and closes those that no station begins. */
export interface SessionBeginner {
  beginSessions(signal: AbortSignal): Promise<void>;
  /** Decides again about a session that is held and that no station has begun. */
  reconsider(session: StoredSession): Promise<void>;
}

const dueLimit = 500;
/** A session that nothing can be done about is looked at again after this. */
const lookAgainMs = 1_000;
/** A station that does not say what it can do by then is started all the same. */
const traitsMs = 2_000;
/** A station that was made to tell its state has told it by then, or does not. */
const inquiryMs = 10_000;

export function createSessionBeginner(deps: SessionBeginnerDeps): SessionBeginner {
  const { store, commands, connections, now, steadyNow, limits, once, ages } = deps;
  const closeUnbegun = createUnbegunCloser(deps);
  const requestStart = createStartRequester({ ...deps, lookAgainMs });

  async function look(session: StoredSession, known: SessionStart | null): Promise<void> {
    const place = await store.findStationOfEvse(session.terms.evse);
    if (place === null) return;
    if ((await deps.prices.judge(session)).state.status === "unservable") return;
    const start = known ?? newStart(session.sessionId);
    const connection = await connections.find(place.stationId);
    const requests = await store.listStartRequests(session.sessionId);
    const named = requests.find(({ ocppTransactionId }) => ocppTransactionId !== null)?.ocppTransactionId ?? null;
    const isTransactionBeside = (await deps.readCircumstances(session, null)).isOpen;
    const isTransactionNamed = named !== null;
    const isConnected = connection !== null;
    const view = { ...start, ...steadyTimesOf(start), isConnected, isTransactionNamed, isTransactionBeside };
    const isKnownIdle = start.inquiredAtMs === null ? null : await readIdle(place, start);
    switch (decideStart({ ...view, isKnownIdle }, limits)) {
      case "start":
        if (connection?.protocol === "ocpp2.1") await withinTime(deps.traits.ask(place.stationId), traitsMs);
        if (connection !== null) await requestStart(session, start, place, connection.protocol);
        return;
      case "inquire":
        if (connection !== null) await inquire(session, start, place, connection, named);
        return;
      case "close":
        await closeUnbegun(session, place.stationId, start);
        return;
      case "wait":
        if (isTransactionBeside && view.nowMs - start.sinceMs >= limits.limitMs) await tellUnclear(session, place);
        await store.putStart({ ...start, nextAtMs: steadyNow() + lookAgainMs });
    }
  }

  /** The wait for a start as it was waited, and the last request as long ago as it was, whatever became of the clock. */
  function steadyTimesOf({ sessionId, sinceMs, askedAtMs }: SessionStart): {
    readonly nowMs: number;
    readonly askedAtMs: number | null;
  } {
    const nowMs = sinceMs + ages.ageMs(`opened ${sessionId} ${sinceMs}`, sinceMs);
    if (askedAtMs === null) return { nowMs, askedAtMs };
    return { nowMs, askedAtMs: nowMs - ages.ageMs(`start ${sessionId} ${askedAtMs}`, askedAtMs) };
  }

  function newStart(sessionId: string): SessionStart {
    const sinceMs = now();
    return { sessionId, sinceMs, nextAtMs: 0, askedAtMs: null, attempts: 0, mayHaveBegun: false, inquiredAtMs: null };
  }

  /** Before a session is closed, its station has to say that nothing is going on. */
  async function inquire(
    session: StoredSession,
    start: SessionStart,
    { stationId, stationEvse }: StartPlace,
    { protocol }: ConnectedStation,
    ocppTransactionId: string | null,
  ): Promise<void> {
    const isWaiting = start.inquiredAtMs !== null && agoMs(start.inquiredAtMs, now()) < inquiryMs;
    if (isWaiting) {
      await store.putStart({ ...start, nextAtMs: steadyNow() + lookAgainMs });
      return;
    }
    const inquired = { ...start, inquiredAtMs: now(), nextAtMs: steadyNow() };
    await store.putStart(inquired);
    const outcome = await callStation(commands, stationId, idleCall(protocol, stationEvse, ocppTransactionId));
    if (protocol !== "ocpp1.6" && outcome.kind === "answered") {
      const isWaitingToTell = fieldAt(outcome.answer, "messagesInQueue");
      const isGoingOn = fieldAt(outcome.answer, "ongoingIndicator");
      if (isWaitingToTell === false && isGoingOn !== true) await closeUnbegun(session, stationId, inquired);
      else await store.putStart({ ...inquired, nextAtMs: steadyNow() + limits.retryMs });
      return;
    }
    // What cannot be asked has told its state at some time, or has not.
    const isTelling = outcome.kind === "answered" && textAt(outcome.answer, "status") === "Accepted";
    if (isTelling) return;
    const station = await store.findOcppStation(stationId);
    if (station !== null && isIdle(stationEvse, station.connectors)) {
      await closeUnbegun(session, stationId, inquired);
      return;
    }
    await tellUnclear(session, { stationId, stationEvse });
    await store.putStart({ ...inquired, nextAtMs: steadyNow() + limits.retryMs });
  }

  async function tellUnclear({ sessionId }: StoredSession, { stationId }: StartPlace): Promise<void> {
    await once.note("start-unclear", sessionId, { sessionId, stationId });
  }

  /** What a station of 1.6 has told of the connector since it was made to; `null` if it has not. */
  async function readIdle(
    { stationId, stationEvse }: StartPlace,
    { inquiredAtMs }: SessionStart,
  ): Promise<boolean | null> {
    const station = await store.findOcppStation(stationId);
    const status = station?.connectors.find(({ evse }) => evse === stationEvse);
    if (station === null || status === undefined || inquiredAtMs === null) return null;
    if (status.receivedAtMs < inquiredAtMs) return null;
    return isIdle(stationEvse, station.connectors);
  }

  return {
    async reconsider(session) {
      if (!isHeldUnbegun(session)) return;
      const place = await store.findStationOfEvse(session.terms.evse);
      if (place !== null) await closeUnbegun(session, place.stationId, newStart(session.sessionId));
    },
    async beginSessions(signal) {
      const due = await store.listDueStarts(steadyNow(), dueLimit);
      await Promise.all(
        due.map(async ({ session, start }) => {
          if (!signal.aborted) await look(session, start);
        }),
      );
    },
  };
}
