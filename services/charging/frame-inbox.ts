import { nextLateLookMs, type LateMessageLimits } from "../domain/charging/awaited-messages.ts";
import { watchHold } from "../domain/charging/hold-watch.ts";
import { isTransactionMessage, type StationMessage, type TransactionMessage } from "../domain/charging/message.ts";
import { findDisplaced, isEndSign, matchTransaction } from "../domain/charging/transaction-matching.ts";
import { meteredSoFar, watchEnergy } from "../domain/charging/watched-energy.ts";
import { heldMicroOf } from "../domain/session-amounts.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../store/charging.ts";
import type { StoredFrame } from "../store/ocpp.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { evidenceStep } from "../evidence/complete-session.ts";
import type { PriceJudge } from "../evidence/judge-price.ts";
import type { FrameInbox } from "../ocpp/wire/frame-pump.ts";
import type { RecordReceiver } from "../evidence/receive-record.ts";
import type { SessionAssessor } from "./assess-session.ts";
import { readFrame } from "./read-frame.ts";
import type { MessageReader } from "./session-circumstances.ts";
import { createSessionFinder, type FoundSession } from "./session-of-transaction.ts";
import {
  emptyTransaction,
  isBeginning,
  isBegunAnew,
  isElsewhere,
  namesOf,
  remoteStartIdOf,
} from "./transaction-of-message.ts";
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
  const { store, book, assessor, desk, now, late } = deps;
  const finder = createSessionFinder(deps);
  const stops = createUnnamedStops(deps);
  const strays = createStrayMessages({ ...deps, stops, waitMs: late.waitMs });
  /** Read once for all frames that are taken together. */
  const sessions = new Map<string, StoredSession>();
  const tariffs = new Map<string, Tariff>();

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

  async function takeOf(
    known: ChargingTransaction | null,
    message: TransactionMessage,
    frame: StoredFrame,
  ): Promise<void> {
    const before = await withIdToken(known ?? emptyTransaction(message), message);
    const found = await findSession(before, message);
    const stored = await keep(known, merge(before, message, found), frame.ordinal, found?.session ?? null);
    if (message.kind === "transaction-started") await displaceOthers(message, stored, frame.receivedAtMs);
    if (stored.sessionId !== null) await receiveRecords(deps, stored, [message]);
    if (!stored.isOpen) await assessor.assess(stored);
    if (message.kind === "transaction-started") await takeStrays(stored);
  }

  async function withIdToken<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    { idToken: presented }: TransactionMessage,
  ): Promise<Transaction> {
    if (transaction.sessionId !== null || presented === null) return transaction;
    return { ...transaction, idToken: await finder.chooseIdToken(transaction.idToken, presented) };
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
    const assessDueAtMs = nextLateLookMs(known, lateFrames, now(), late);
    const before = await withIdToken(known, message);
    const merged = { ...merge(before, message, null), ordinal: known.ordinal, lateFrames, assessDueAtMs };
    book.commitLater(merged, frame.ordinal);
    if (message.kind === "transaction-started") await displaceOthers(message, merged, frame.receivedAtMs);
    if (
      known.sessionId === null &&
      (merged.idToken !== known.idToken || merged.remoteStartId !== known.remoteStartId)
    ) {
      const found = await findSession(merged, message);
      if (found !== null) await attach({ ...merged, ...namesOf(merged, found) }, found.session);
    } else if (known.sessionId !== null && lateFrames <= late.limit) await receiveRecords(deps, merged, [message]);
    await strays.keepLate(known, message, frame);
  }

  async function findTransaction(message: TransactionMessage): Promise<ChargingTransaction | null> {
    const { stationId, ocppTransactionId } = message;
    const listed = await book.list(stationId);
    const here = listed.filter((one) => !isElsewhere(message, one));
    const named = ocppTransactionId === null ? [] : here.filter((one) => one.ocppTransactionId === ocppTransactionId);
    // Nearly always the message names one of them.
    const found = named.length === 1 ? (named[0] ?? null) : await matchAmong(message, here, named.length > 0);
    return found !== null && isBegunAnew(message, found) ? null : found;
  }

  async function matchAmong(
    message: TransactionMessage,
    listed: readonly ChargingTransaction[],
    isListed: boolean,
  ): Promise<ChargingTransaction | null> {
    const { stationId, ocppTransactionId } = message;
    const candidates =
      ocppTransactionId === null || isListed
        ? listed
        : [...(await store.findChargingTransactions(stationId, ocppTransactionId)), ...listed];
    const here = candidates.filter((one) => !isElsewhere(message, one));
    const views = await stops.viewsOf(message, here);
    const matched = matchTransaction(message, [...views.keys()]);
    return matched === null ? null : (views.get(matched) ?? null);
  }

  /** As it was when the frames that are being read came, which is soon enough for all but its first message. */
  async function sessionOf(sessionId: string): Promise<StoredSession | null> {
    const known = sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = await store.findSession(sessionId);
    if (session !== null && session.state.status !== "opened") sessions.set(sessionId, session);
    return session;
  }

  async function tariffOf(tariffId: string): Promise<Tariff | null> {
    const known = tariffs.get(tariffId);
    if (known !== undefined) return known;
    const tariff = await store.findTariff(tariffId);
    if (tariff !== null) tariffs.set(tariffId, tariff);
    return tariff;
  }

  async function findSession(
    transaction: NewChargingTransaction,
    message: TransactionMessage | null,
  ): Promise<FoundSession | null> {
    const { sessionId, idToken, evse, remoteStartId } = transaction;
    if (sessionId !== null) {
      const session = await sessionOf(sessionId);
      return session === null ? null : { session, idToken, stationEvse: null };
    }
    const stationEvse = evse ?? message?.plug.evseId ?? message?.plug.connectorId ?? null;
    const named = { ...transaction, evse: stationEvse, remoteStartId: remoteStartId ?? remoteStartIdOf(message) };
    const found = await finder.find(named, message?.idToken ?? null);
    return found === null ? null : { ...found, session: await deps.prices.judge(found.session) };
  }

  function merge<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    message: TransactionMessage,
    found: FoundSession | null,
  ): Transaction {
    const session = found?.session ?? null;
    const { plug, receivedAtMs } = message;
    const atMs = message.time?.epochMs ?? message.readings[0]?.time?.epochMs ?? null;
    const isEnd = message.kind === "transaction-ended";
    const isGoingOn =
      message.ocppTransactionId === transaction.ocppTransactionId &&
      transaction.endSignAtMs !== null &&
      atMs !== null &&
      atMs > transaction.endSignAtMs;
    const watched =
      transaction.isOpen && session !== null
        ? watchEnergy(transaction.watched, message, session.terms.maximumPowerW)
        : transaction.watched;
    const next = {
      ...transaction,
      evse: transaction.evse ?? (message.protocol === "ocpp1.6" ? plug.connectorId : plug.evseId),
      connector: transaction.connector ?? (message.protocol === "ocpp1.6" ? null : plug.connectorId),
      remoteStartId: transaction.remoteStartId ?? remoteStartIdOf(message),
      startedAtMs: transaction.startedAtMs ?? (message.kind === "transaction-started" ? atMs : null),
      endedAtMs: transaction.endedAtMs ?? (isEnd ? (atMs ?? receivedAtMs) : null),
      lastMessageAtMs: Math.max(transaction.lastMessageAtMs, receivedAtMs),
      endSignAtMs: isGoingOn ? null : transaction.endSignAtMs,
      isOpen: transaction.isOpen && !isEnd,
      // The end is to be assessed, also if the service ends before that.
      assessDueAtMs: transaction.isOpen && isEnd ? receivedAtMs : transaction.assessDueAtMs,
      waitUntilMs: transaction.isOpen && isEnd ? receivedAtMs + late.waitMs : transaction.waitUntilMs,
      watched,
    };
    const named = found === null ? next : { ...next, ...namesOf(next, found) };
    return { ...named, stopOrder: named.isOpen ? (named.stopOrder ?? stopOrderOf(named, session)) : null };
  }

  function stopOrderOf(transaction: NewChargingTransaction, session: StoredSession | null) {
    if (session === null || !transaction.isOpen) return null;
    // Nobody pays for what flows after the chain has closed the session, or in one that is not served.
    return session.state.closing !== null || session.state.status === "unservable" ? orderNow() : null;
  }

  function orderNow() {
    return { nextAtMs: now(), attempts: 0, isAccepted: false };
  }

  async function withHoldWatched<Transaction extends NewChargingTransaction>(
    transaction: Transaction,
    session: StoredSession,
  ): Promise<Transaction> {
    const { watched, stopOrder, isOpen } = transaction;
    if (watched === null || stopOrder !== null || !isOpen) return transaction;
    const tariff = await tariffOf(session.terms.tariffId);
    if (tariff === null) return transaction;
    const hold = watchHold(tariff, heldMicroOf(session), meteredSoFar(watched), deps.stopAtBps);
    if (!hold.isStopDue) return transaction;
    desk.note("hold-used-up", { sessionId: session.sessionId, usedBps: hold.usedBps });
    return { ...transaction, stopOrder: orderNow() };
  }

  /** Most messages move nothing but what was measured: those need not be on disk before the next one is read. */
  async function keep(
    known: ChargingTransaction | null,
    merged: NewChargingTransaction | ChargingTransaction,
    frame: number,
    session: StoredSession | null,
  ): Promise<ChargingTransaction> {
    // Others look for sessions and idTokens that are on disk.
    const isSame = known?.sessionId === merged.sessionId && known.idToken === merged.idToken;
    if (!isSame || !merged.isOpen || !("ordinal" in merged) || session?.state.status === "opened") {
      return commitWithSession(merged, frame, session);
    }
    const watched = session === null ? merged : await withHoldWatched(merged, session);
    book.commitLater(watched, frame);
    return watched;
  }

  /** Keeps the transaction; with its first message that belongs to a session, the session is charging. */
  async function commitWithSession(
    transaction: NewChargingTransaction | ChargingTransaction,
    frame: number | null,
    known: StoredSession | null,
  ): Promise<ChargingTransaction> {
    let current = known;
    for (;;) {
      const watched = current === null ? transaction : await withHoldWatched(transaction, current);
      const session =
        current?.state.status === "opened" ? evidenceStep(current, { kind: "evidence-begun" }, now()) : null;
      const stored = await book.commit({ transaction: watched, frame, session });
      if (stored !== null) return stored;
      current = current === null ? null : await store.findSession(current.sessionId);
    }
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
    const stored = await commitWithSession(attached, null, await store.findSession(session.sessionId));
    return stored.isOpen ? stored : assessor.assess(stored);
  }

  return {
    async take(frame, payload) {
      const message = readFrame(frame, payload);
      if (message === null) return;
      await book.inTurn(frame.stationId, () => handle(message, frame));
    },
    settled() {
      sessions.clear();
      tariffs.clear();
      return book.flush();
    },
    async attach(transaction, opened) {
      if (opened !== undefined) return attach(transaction, opened);
      const found = await findSession(transaction, null);
      return found === null ? transaction : attach({ ...transaction, ...namesOf(transaction, found) }, found.session);
    },
  };
}
