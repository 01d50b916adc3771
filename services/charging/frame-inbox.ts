import { nextLateLookMs, type LateMessageLimits } from "../domain/charging/awaited-messages.ts";
import { isTransactionMessage, type StationMessage, type TransactionMessage } from "../domain/charging/message.ts";
import { findDisplaced, isEndSign } from "../domain/charging/transaction-matching.ts";
import { watchEnergy } from "../domain/charging/watched-energy.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import type { StoredFrame } from "../store/ocpp.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { FrameInbox } from "../ocpp/wire/inbox.ts";
import type { RecordReceiver } from "../evidence/receive-record.ts";
import type { SessionAssessor } from "./assess-session.ts";
import { createTransactionFinder } from "./find-transaction.ts";
import { createTransactionKeeper } from "./keep-transaction.ts";
import { mergeMessage } from "./merge-message.ts";
import { readFrame } from "./read-frame.ts";
import { createSessionOfMessage } from "./session-of-message.ts";
import type { MessageReader } from "./session-circumstances.ts";
import { createSessionFinder, type FoundSession } from "./session-of-transaction.ts";
import { emptyTransaction, isBeginning, namesOf } from "./transaction-of-message.ts";
import { receiveRecords } from "./receive-records.ts";
import { createUnnamedStops } from "./unnamed-stops.ts";
import { createStrayMessages } from "./stray-messages.ts";
import type { OnceDesk } from "./tell-once.ts";
import { knownOf, type TransactionBook } from "./transaction-book.ts";

export interface ChargingInboxDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly assessor: SessionAssessor;
  readonly readMessages: MessageReader;
  readonly receiver: Pick<RecordReceiver, "receiveRecord">;
  readonly prices: PriceJudge;
  readonly desk: OperatorDesk;
  readonly once: OnceDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly late: LateMessageLimits;
  /** Share of a hold at which the station is stopped. */
  readonly stopAtBps: number;
}

/** From frames to transactions, and from transactions to sessions. */
export interface ChargingInbox extends FrameInbox {
  /**
   * Gives the transaction its session, if there is one by now. In the station's turn.
   * @param opened The one that was opened for this transaction; by default the one whose idTag it began with.
   */
  attach(transaction: ChargingTransaction, opened?: StoredSession): Promise<ChargingTransaction>;
}

export function createChargingInbox(deps: ChargingInboxDeps): ChargingInbox {
  const { store, book, assessor, steadyNow, late } = deps;
  const owners = createSessionOfMessage({ ...deps, finder: createSessionFinder(deps) });
  const stops = createUnnamedStops(deps);
  const findTransaction = createTransactionFinder({ ...deps, stops });
  const keeper = createTransactionKeeper(deps);
  const strays = createStrayMessages({ ...deps, stops, waitMs: late.waitMs });

  async function handle(message: StationMessage, frame: StoredFrame): Promise<void> {
    if (isTransactionMessage(message)) {
      await handleTransaction(message, frame);
      return;
    }
    const open = (await book.list(frame.stationId)).filter(({ isOpen }) => isOpen);
    for (const transaction of open) {
      if (!isEndSign(message, knownOf(transaction))) continue;
      // A boot is a part of the transactions that it interrupts.
      const isPart = message.kind === "booted";
      // Frames that come again after a restart say nothing about what was said since.
      if (isPart && frame.receivedAtMs < transaction.lastMessageAtMs) continue;
      await book.commit({
        transaction: { ...transaction, endSignAtMs: transaction.endSignAtMs ?? frame.receivedAtMs },
        ...(isPart ? { frame: frame.ordinal } : {}),
      });
    }
  }

  async function handleTransaction(message: TransactionMessage, frame: StoredFrame): Promise<void> {
    const known = await findTransaction(message);
    if (known === null && !isBeginning(message)) await strays.keep(message, frame);
    else if (known?.isOpen === false) await takeLate(known, message, frame);
    else await takeOf(known, message, frame);
  }

  function merge<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    message: TransactionMessage,
    found: FoundSession | null,
  ): Transaction {
    return mergeMessage(transaction, message, found, { nowMs: steadyNow(), waitMs: late.waitMs });
  }

  async function takeOf(
    known: ChargingTransaction | null,
    message: TransactionMessage,
    frame: StoredFrame,
  ): Promise<void> {
    const before = await owners.withIdToken(known ?? emptyTransaction(message), message);
    const found = await owners.find(before, message);
    const stored = await keeper.keep(known, merge(before, message, found), frame.ordinal, found?.session ?? null);
    if (message.kind === "transaction-started") await displaceOthers(message, stored, frame.receivedAtMs);
    if (stored.sessionId !== null) await receiveRecords(deps, stored, [message]);
    if (!stored.isOpen) await assessor.assess(stored);
    if (message.kind === "transaction-started") await takeStrays(stored);
  }

  /** What arrived before the start that it belongs to. */
  async function takeStrays(started: ChargingTransaction): Promise<void> {
    for (const { message, frame } of await strays.adopt(started)) {
      const current = await book.reload(started);
      if (current.isOpen) await takeOf(current, message, frame);
      else await takeLate(current, message, frame);
      await strays.forget(frame);
    }
  }

  /**
   * What comes after the end costs the same however much there is of it: it is kept, and assessed together with what else
   * comes, by the rounds. Of a station that does not stop, no more is read.
   */
  async function takeLate(known: ChargingTransaction, message: TransactionMessage, frame: StoredFrame): Promise<void> {
    if (known.lateFrames > late.limit) return;
    const lateFrames = known.lateFrames + 1;
    const assessDueAtMs = nextLateLookMs(known, lateFrames, steadyNow(), late);
    const before = await owners.withIdToken(known, message);
    const merged = { ...merge(before, message, null), ordinal: known.ordinal, lateFrames, assessDueAtMs };
    book.commitLater(merged, frame.ordinal);
    if (message.kind === "transaction-started") await displaceOthers(message, merged, frame.receivedAtMs);
    if (
      known.sessionId === null &&
      (merged.idToken !== known.idToken || merged.remoteStartId !== known.remoteStartId)
    ) {
      const found = await owners.find(merged, message);
      if (found !== null) await attach({ ...merged, ...namesOf(merged, found) }, found.session);
    } else if (known.sessionId !== null && lateFrames <= late.limit) await receiveRecords(deps, merged, [message]);
    await strays.keepLate(known, message, frame);
  }

  async function displaceOthers(
    message: TransactionMessage,
    started: ChargingTransaction,
    atMs: number,
  ): Promise<void> {
    const open = (await book.list(started.stationId)).filter(({ isOpen }) => isOpen);
    const views = new Map(open.map((transaction) => [knownOf(transaction), transaction]));
    const named = { ...message, ocppTransactionId: started.ocppTransactionId };
    for (const displaced of findDisplaced(named, [...views.keys()])) {
      const transaction = views.get(displaced);
      if (transaction === undefined || transaction.ordinal === started.ordinal) continue;
      await book.commit({ transaction: { ...transaction, endSignAtMs: transaction.endSignAtMs ?? atMs } });
    }
  }

  async function attach(transaction: ChargingTransaction, session: StoredSession): Promise<ChargingTransaction> {
    const messages = await deps.readMessages(transaction);
    // What was delivered before the session was known counts against its hold.
    const watched = messages
      .filter((message) => isTransactionMessage(message))
      .reduce((known, message) => watchEnergy(known, message, session.terms.maximumPowerW), transaction.watched);
    // What it was found to be worth without a session says nothing to this one.
    const unassessed = { assessment: null, assessedFrame: null };
    const attached = { ...transaction, ...unassessed, sessionId: session.sessionId, watched };
    // The records first: a transaction that has its session is not looked at here again.
    await receiveRecords(deps, attached, messages);
    const stored = await keeper.commit(attached, null, await store.findSession(session.sessionId));
    return stored.isOpen ? stored : assessor.assess(stored);
  }

  return {
    async take(frame, payload) {
      const message = readFrame(frame, payload);
      if (message === null) return;
      await book.inTurn(frame.stationId, () => handle(message, frame));
    },
    settled() {
      owners.forget();
      keeper.forget();
      return book.flush();
    },
    async attach(transaction, opened) {
      if (opened !== undefined) return attach(transaction, opened);
      const found = await owners.find(transaction, null);
      return found === null ? transaction : attach({ ...transaction, ...namesOf(transaction, found) }, found.session);
    },
  };
}
