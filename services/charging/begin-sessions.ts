import { decideStart, type StartLimits } from "../domain/charging/session-start.ts";
import { agoMs, greatestPauseMs } from "../domain/due-times.ts";
import { priceOf } from "../domain/tariff.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { SessionStart } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import {
  isSameHold,
  type FoundEvidence,
  type KnownBeside,
  type SessionCompleter,
} from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { Connections, StationConnection } from "../ocpp/wire/connections.ts";
import { textAt, fieldAt } from "../ocpp/payload.ts";
import { isIdle } from "../ocpp/words.ts";
import { callStation } from "./call-station.ts";
import { idleCall, startCall } from "./remote-calls.ts";
import type { CircumstanceReader } from "./session-circumstances.ts";
import type { OnceDesk } from "./tell-once.ts";
import type { TransactionBook } from "./transaction-book.ts";

export interface SessionBeginnerDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly meters: MeterDirectory;
  readonly prices: PriceJudge;
  readonly commands: StationCommands;
  readonly connections: Connections;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly limits: StartLimits;
  readonly readCircumstances: CircumstanceReader;
  readonly completer: SessionCompleter;
  readonly ages: Ages;
  readonly once: OnceDesk;
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
/** A station that was made to tell its state has told it by then, or does not. */
const inquiryMs = 10_000;
const greatestStartId = 2 ** 31 - 1;

interface Place {
  readonly stationId: string;
  readonly stationEvse: number;
}

export function createSessionBeginner(deps: SessionBeginnerDeps): SessionBeginner {
  const { store, book, meters, commands, connections, completer, desk, now, limits, once, ages } = deps;

  async function look(session: StoredSession, known: SessionStart | null): Promise<void> {
    const place = await store.findStationOfEvse(session.terms.evse);
    if (place === null) return;
    if ((await deps.prices.judge(session)).state.status === "unservable") return;
    const start = known ?? newStart(session.sessionId);
    const connection = connections.find(place.stationId);
    const requests = await store.listStartRequests(session.sessionId);
    const named = requests.find(({ ocppTransactionId }) => ocppTransactionId !== null)?.ocppTransactionId ?? null;
    const isTransactionBeside = (await deps.readCircumstances(session, null)).isOpen;
    const isTransactionNamed = named !== null;
    const isConnected = connection !== undefined;
    const view = { ...start, ...steadyTimesOf(start), isConnected, isTransactionNamed, isTransactionBeside };
    const isKnownIdle = start.inquiredAtMs === null ? null : await readIdle(place, start);
    switch (decideStart({ ...view, isKnownIdle }, limits)) {
      case "start":
        if (connection !== undefined) await ask(session, start, place, connection);
        return;
      case "inquire":
        if (connection !== undefined) await inquire(session, start, place, connection, named);
        return;
      case "close":
        await close(session, place, start);
        return;
      case "wait":
        if (isTransactionBeside && view.nowMs - start.sinceMs >= limits.limitMs) await tellUnclear(session, place);
        await store.putStart({ ...start, nextAtMs: now() + lookAgainMs });
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

  async function ask(
    session: StoredSession,
    start: SessionStart,
    { stationId, stationEvse }: Place,
    { protocol }: StationConnection,
  ): Promise<void> {
    const { sessionId, idTag } = session;
    const attempts = start.attempts + 1;
    const asked = { ...start, attempts, askedAtMs: now(), nextAtMs: now() + lookAgainMs };
    const remoteStartId = (Number.parseInt(sessionId.slice(2, 10), 16) + attempts) % greatestStartId;
    const request = { sessionId, stationId, stationEvse, remoteStartId, askedAtMs: now(), ocppTransactionId: null };
    // Before the call: nobody knows what becomes of a call that was under way when the service ended.
    if (protocol !== "ocpp1.6") await store.putStartRequest(request);
    await store.putStart({ ...asked, mayHaveBegun: true });
    const outcome = await callStation(commands, stationId, startCall(protocol, { stationEvse, idTag, remoteStartId }));
    const isRefused =
      outcome.kind === "refused" || (outcome.kind === "answered" && textAt(outcome.answer, "status") !== "Accepted");
    const code = outcome.kind === "answered" ? textAt(outcome.answer, "status") : outcome.code;
    desk.note("remote-start", { sessionId, stationId, attempts, outcome: code });
    const ocppTransactionId = outcome.kind === "answered" ? textAt(outcome.answer, "transactionId") : null;
    if (!isRefused && ocppTransactionId !== null) await store.putStartRequest({ ...request, ocppTransactionId });
    if (isRefused) await store.putStart({ ...asked, mayHaveBegun: start.mayHaveBegun });
  }

  /** Before a session is closed, its station has to say that nothing is going on. */
  async function inquire(
    session: StoredSession,
    start: SessionStart,
    { stationId, stationEvse }: Place,
    { protocol }: StationConnection,
    ocppTransactionId: string | null,
  ): Promise<void> {
    const isWaiting = start.inquiredAtMs !== null && agoMs(start.inquiredAtMs, now()) < inquiryMs;
    if (isWaiting) {
      await store.putStart({ ...start, nextAtMs: now() + lookAgainMs });
      return;
    }
    const inquired = { ...start, inquiredAtMs: now(), nextAtMs: now() };
    await store.putStart(inquired);
    const outcome = await callStation(commands, stationId, idleCall(protocol, stationEvse, ocppTransactionId));
    if (protocol !== "ocpp1.6" && outcome.kind === "answered") {
      const isWaitingToTell = fieldAt(outcome.answer, "messagesInQueue");
      const isGoingOn = fieldAt(outcome.answer, "ongoingIndicator");
      if (isWaitingToTell === false && isGoingOn !== true) await close(session, { stationId, stationEvse }, inquired);
      else await store.putStart({ ...inquired, nextAtMs: now() + limits.retryMs });
      return;
    }
    // What cannot be asked has told its state at some time, or has not.
    const isTelling = outcome.kind === "answered" && textAt(outcome.answer, "status") === "Accepted";
    if (isTelling) return;
    const station = await store.findOcppStation(stationId);
    if (station !== null && isIdle(stationEvse, station.connectors)) {
      await close(session, { stationId, stationEvse }, inquired);
      return;
    }
    await tellUnclear(session, { stationId, stationEvse });
    await store.putStart({ ...inquired, nextAtMs: now() + limits.retryMs });
  }

  async function tellUnclear({ sessionId }: StoredSession, { stationId }: Place): Promise<void> {
    await once.note("start-unclear", sessionId, { sessionId, stationId });
  }

  /** What a station of 1.6 has told of the connector since it was made to; `null` if it has not. */
  async function readIdle({ stationId, stationEvse }: Place, { inquiredAtMs }: SessionStart): Promise<boolean | null> {
    const station = await store.findOcppStation(stationId);
    const status = station?.connectors.find(({ evse }) => evse === stationEvse);
    if (station === null || status === undefined || inquiredAtMs === null) return null;
    if (status.receivedAtMs < inquiredAtMs) return null;
    return isIdle(stationEvse, station.connectors);
  }

  /**
   * Closes the session with nothing: its hold is free with the next settlement. If something flowed at its EVSE that
   * belongs to nobody, it is held instead.
   */
  async function close(session: StoredSession, { stationId }: Place, start: SessionStart): Promise<void> {
    const { sessionId, terms } = session;
    const tariff = await store.findTariff(terms.tariffId);
    const meter = await meters.readMeter(terms.meter);
    if (tariff === null || meter === null || priceOf(tariff, 0n, 0, 0).grossMicro > 0n) {
      // A tariff that charges without energy: the hold comes back by its expiry, and no fee is taken for nothing.
      await once.alert("session-not-begun", sessionId, { sessionId, stationId, isClosed: false });
      await store.putStart({ ...start, nextAtMs: Math.min(terms.expiresAt * 1_000, now() + greatestPauseMs) });
      return;
    }
    // What the station has said before it said that nothing goes on.
    await deps.handedOn(stationId);
    await book.inTurn(stationId, async () => {
      const current = await store.findSession(sessionId);
      if (current === null || (await store.findTransactionOfSession(sessionId)) !== null) return;
      if (current.state.status !== "opened" && !isHeldUnbegun(current)) return;
      const step = await completer.conclude(current, { judge: judgeUnbegun, own: null, atMs: now() });
      if (step === null || isSameHold(current.state, step)) return;
      // A session that moved meanwhile is looked at again.
      if ((await store.commitStep({ session: step })).outcome === "stale") return;
      completer.announce(current, step);
      if (step.cdr !== null) desk.note("session-not-begun", { sessionId, stationId, attempts: start.attempts });
    });
  }

  return {
    async reconsider(session) {
      if (!isHeldUnbegun(session)) return;
      const place = await store.findStationOfEvse(session.terms.evse);
      if (place !== null) await close(session, place, newStart(session.sessionId));
    },
    async beginSessions(signal) {
      const due = await store.listDueStarts(now(), dueLimit);
      await Promise.all(
        due.map(async ({ session, start }) => {
          if (!signal.aborted) await look(session, start);
        }),
      );
    },
  };
}

/** No station began it: it delivered nothing, unless something that happened beside it was its energy. */
function judgeUnbegun({ findings, isOpen }: KnownBeside): FoundEvidence | null {
  // A transaction beside it may be the session's own.
  if (isOpen) return null;
  const reasons = findings.length === 0 ? (["NOT_STARTED"] as const) : (["UNSIGNED", ...findings] as const);
  const assessment = { grade: "plausible-unsigned", reasons, flags: [], completeness: "unknown" } as const;
  return { assessment, energyWh: "0", metered: { energyMicroWh: 0n, chargingSeconds: 0, connectedSeconds: 0 } };
}

/** Held because of what happened beside it, without a transaction of its own. */
function isHeldUnbegun({ state }: StoredSession): boolean {
  return state.status === "held" && state.stage === "none" && state.assessment?.hold === "UNRESOLVED";
}
