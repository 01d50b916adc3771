import { decideMissingStop, type MissingStopLimits } from "../domain/charging/missing-stop.ts";
import { isDue } from "../domain/due-times.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction, StopOrder } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { StationPresence } from "../ocpp/station-presence.ts";
import { fieldAt, textAt } from "../ocpp/payload.ts";
import { createEndedAssessments } from "./assess-ended.ts";
import type { SessionAssessor } from "./assess-session.ts";
import { callStation } from "./call-station.ts";
import type { ChargingInbox } from "./frame-inbox.ts";
import type { QuietTime } from "./quiet-time.ts";
import { stopCall, transactionStatusCall } from "./remote-calls.ts";
import type { OnceDesk } from "./tell-once.ts";
import type { TransactionBook } from "./transaction-book.ts";

export interface TransactionPursuerDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly assessor: SessionAssessor;
  readonly inbox: ChargingInbox;
  readonly commands: StationCommands;
  readonly connections: StationPresence;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly missingStop: MissingStopLimits;
  /** Pause before a station is told again to stop. */
  readonly stopRetryMs: number;
  readonly once: OnceDesk;
  readonly quiet: Pick<QuietTime, "takeOver">;
  readonly ages: Ages;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}

/** Looks after transactions that do not end by themselves: the stop is missing, or the hold is used up. */
export interface TransactionPursuer {
  pursueTransactions(signal: AbortSignal): Promise<void>;
}

const pageLimit = 500;
/** A session that becomes known later than this after its transaction is not looked for any more. */
const attachWindowMs = 3_600_000;
/** A station that has promised to stop is given so many pauses to do it. */
const promisedPauses = 4;

export function createTransactionPursuer(deps: TransactionPursuerDeps): TransactionPursuer {
  const { store, book, assessor, inbox, commands, connections, desk, now, steadyNow, stopRetryMs, once, ages } = deps;
  const assessEnded = createEndedAssessments(deps);

  /** Changes a transaction as it is now, if it is still open. */
  function update(
    transaction: ChargingTransaction,
    change: (current: ChargingTransaction) => ChargingTransaction,
  ): Promise<ChargingTransaction | null> {
    return book.inTurn(transaction.stationId, async () => {
      const current = await book.reload(transaction);
      return current.isOpen ? book.commit({ transaction: change(current) }) : null;
    });
  }

  async function stop(transaction: ChargingTransaction, order: StopOrder): Promise<void> {
    const { stationId, sessionId, ocppTransactionId } = transaction;
    const outcome = await callStation(commands, stationId, stopCall(transaction));
    const isAccepted = outcome.kind === "answered" && textAt(outcome.answer, "status") === "Accepted";
    const attempts = order.attempts + 1;
    const code = outcome.kind === "answered" ? (textAt(outcome.answer, "status") ?? "") : outcome.code;
    if (isAccepted) desk.note("remote-stop", { stationId, sessionId, ocppTransactionId, attempts });
    else {
      const cause = `${String(transaction.ordinal)} ${code}`;
      await once.alert("ocpp-stop-failed", cause, { stationId, sessionId, ocppTransactionId, attempts, outcome: code });
    }
    const nextAtMs = steadyNow() + stopRetryMs * (isAccepted ? promisedPauses : 1);
    await update(transaction, (current) => ({ ...current, stopOrder: { nextAtMs, attempts, isAccepted } }));
  }

  /** Nothing more will come: what was measured last counts. */
  async function giveUp(transaction: ChargingTransaction): Promise<void> {
    await book.inTurn(transaction.stationId, async () => {
      const current = await book.reload(transaction);
      if (!current.isOpen) return;
      const { stationId, sessionId, ocppTransactionId } = current;
      desk.alert("ocpp-stop-missing", { stationId, sessionId, ocppTransactionId });
      const given = await book.commit({
        transaction: { ...current, isOpen: false, stopOrder: null, assessDueAtMs: steadyNow() },
      });
      if (given !== null) await assessor.assess(given);
    });
  }

  async function ask(transaction: ChargingTransaction): Promise<void> {
    await update(transaction, (current) => ({ ...current, askedAtMs: now() }));
    const outcome = await callStation(commands, transaction.stationId, transactionStatusCall(transaction));
    if (transaction.protocol === "ocpp1.6" || outcome.kind !== "answered") return;
    const isGoingOn = fieldAt(outcome.answer, "ongoingIndicator");
    const isWaitingToTell = fieldAt(outcome.answer, "messagesInQueue");
    if (isGoingOn === true) await update(transaction, (current) => ({ ...current, endSignAtMs: null }));
    else if (isGoingOn === false && isWaitingToTell === false) await giveUp(transaction);
  }

  /** Silence as it was waited for, whatever became of the clock since the last message. */
  function steadyTimesOf({ ordinal, lastMessageAtMs, askedAtMs }: ChargingTransaction): {
    readonly nowMs: number;
    readonly askedAtMs: number | null;
  } {
    const nowMs = lastMessageAtMs + ages.ageMs(`silent ${ordinal} ${lastMessageAtMs}`, lastMessageAtMs);
    if (askedAtMs === null) return { nowMs, askedAtMs };
    return { nowMs, askedAtMs: nowMs - ages.ageMs(`asked ${ordinal} ${askedAtMs}`, askedAtMs) };
  }

  async function pursue(transaction: ChargingTransaction): Promise<void> {
    const { stopOrder, stationId } = transaction;
    const isConnected = (await connections.find(stationId)) !== null;
    if (stopOrder !== null && isDue(stopOrder.nextAtMs, steadyNow())) await stop(transaction, stopOrder);
    const view = { ...transaction, ...steadyTimesOf(transaction), sampleIntervalMs: null, isConnected };
    const step = decideMissingStop(view, deps.missingStop);
    if (step.kind === "ask") await ask(transaction);
    else if (step.kind === "settle-on-last-reading") await giveUp(transaction);
  }

  return {
    async pursueTransactions(signal) {
      const loose = await store.listTransactionsWithoutSession(
        Math.min(now(), steadyNow()) - attachWindowMs,
        pageLimit,
      );
      for (const transaction of loose) {
        if (signal.aborted) return;
        await book.inTurn(transaction.stationId, async () => {
          const current = await book.reload(transaction);
          if (current.sessionId === null) await inbox.attach(current);
        });
      }
      await assessEnded(signal);
      const due = await store.listTransactionsToPursue(steadyNow(), pageLimit);
      await Promise.all(
        due.map(async (transaction) => {
          if (!signal.aborted) await pursue(transaction);
        }),
      );
    },
  };
}
