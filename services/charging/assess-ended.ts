import { isQueueQuestionDue } from "../domain/charging/awaited-messages.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import { fieldAt } from "../ocpp/payload.ts";
import type { StationPresence } from "../ocpp/station-presence.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import type { SessionAssessor } from "./assess-session.ts";
import { callStation } from "./call-station.ts";
import type { QuietTime } from "./quiet-time.ts";
import { transactionStatusCall } from "./remote-calls.ts";
import type { TransactionBook } from "./transaction-book.ts";

/** Of more transactions than this, the rest is looked at in the next round. */
const pageLimit = 500;

/** Assesses transactions that are over and for which it is time; a station that may have more to send is asked first. */
export type EndedAssessments = (signal: AbortSignal) => Promise<void>;

export function createEndedAssessments(deps: {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly assessor: SessionAssessor;
  readonly commands: StationCommands;
  readonly connections: StationPresence;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly quiet: Pick<QuietTime, "takeOver">;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
}): EndedAssessments {
  const { store, book, assessor, commands, connections, now, steadyNow } = deps;

  /** The service ended between two steps: a transaction's end or its session, and its assessment. */
  async function assessOnceMore(transaction: ChargingTransaction): Promise<void> {
    const current = await book.reload(transaction);
    const session = current.sessionId === null ? null : await store.findSession(current.sessionId);
    if (session === null || current.isOpen) return;
    const isWaiting = session.state.status === "opened" || session.state.status === "charging";
    if (isWaiting || current.assessment === null) await assessor.assess(current);
  }

  /** Something new is known of a transaction that is over, or it has waited long enough. */
  async function assessDue(transaction: ChargingTransaction): Promise<void> {
    const current = await book.reload(transaction);
    if (current.isOpen || current.assessDueAtMs === null || current.assessDueAtMs > steadyNow()) return;
    await assessor.assess(current);
  }

  /** Nothing more has come of a transaction that is over, whatever the clock says of when that is due. */
  async function assessQuiet(transaction: ChargingTransaction): Promise<void> {
    const current = await book.reload(transaction);
    if (!current.isOpen && current.assessDueAtMs !== null) await assessor.assess(current);
  }

  /** A station that has nothing more to send is not waited for. */
  async function askForRest(transaction: ChargingTransaction): Promise<void> {
    const { stationId } = transaction;
    const isConnected = (await connections.find(stationId)) !== null;
    if (!isQueueQuestionDue({ ...transaction, nowMs: now(), isConnected })) return;
    await change(transaction, (current) => ({ ...current, askedAtMs: now() }));
    const outcome = await callStation(commands, stationId, transactionStatusCall(transaction));
    if (outcome.kind !== "answered" || fieldAt(outcome.answer, "messagesInQueue") !== false) return;
    // What it has sent before it answered is read first.
    await deps.handedOn(stationId);
    const atMs = steadyNow();
    await change(transaction, (current) => ({ ...current, waitUntilMs: atMs, assessDueAtMs: atMs }));
  }

  /** Changes a transaction that is over and waits, as it is now. */
  async function change(
    transaction: ChargingTransaction,
    next: (current: ChargingTransaction) => ChargingTransaction,
  ): Promise<void> {
    await book.inTurn(transaction.stationId, async () => {
      const current = await book.reload(transaction);
      const isWaiting = !current.isOpen && current.assessDueAtMs !== null;
      if (isWaiting) await book.commit({ transaction: next(current) });
    });
  }

  return async (signal) => {
    const awaited = await store.listTransactionsAwaited(steadyNow(), pageLimit);
    await Promise.all(
      awaited.map(async (transaction) => {
        if (!signal.aborted) await askForRest(transaction);
      }),
    );
    for (const transaction of await store.listTransactionsDue(steadyNow(), pageLimit)) {
      if (signal.aborted) return;
      await book.inTurn(transaction.stationId, () => assessDue(transaction));
    }
    for (const transaction of deps.quiet.takeOver()) {
      if (signal.aborted) return;
      await book.inTurn(transaction.stationId, () => assessQuiet(transaction));
    }
    for (const transaction of await store.listTransactionsToAssess(pageLimit)) {
      if (signal.aborted) return;
      await book.inTurn(transaction.stationId, () => assessOnceMore(transaction));
    }
  };
}
