import { randomInt } from "node:crypto";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { FrameEffect, FrameOutcome, NewFrame, OcppProtocol, StoredFrame } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import type { AnswerContext, AnswerPayload, AnswerPlan } from "../action.ts";
import { writeCallError, type CallError } from "./call-error.ts";
import type { IdTokenDecision, IdTokenPolicy, IdTokenQuestion } from "../id-token-policy.ts";
import { isIdTokenStatus } from "../id-token-policy.ts";
import type { SessionQuestion, SessionTeller, ToldSession } from "../session-teller.ts";
import type { OcppCounts } from "./counts.ts";
import { planAnswer } from "../plan-answer.ts";

/** What the exchange needs of a connection. */
export interface StationLine {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly bootStatus: AnswerContext["bootStatus"];
  /** Of the connection: once the station has a newer one, nothing of this one is kept or answered. */
  readonly epoch: number;
  /** Writes to the socket, if it is still there. */
  send(text: string): void;
  /** Ends the connection because of a fault of ours: the station keeps what was not answered and sends it again. */
  fail(): void;
  /** Ends the connection because the station has a newer one, here or at another replica. */
  giveWay(): void;
}

/** Keeps every frame and answers those that want an answer. */
export interface Exchange {
  /** A CALL of the station. Resolves, and never rejects, when it was answered or its connection ended. */
  takeCall(line: StationLine, text: string, messageId: string, action: string, payload: unknown): Promise<void>;
  /** A message that is no CALL that could be read; `error` is the answer, if one is due. */
  takeOther(
    line: StationLine,
    text: string,
    answer: { readonly messageId: string; readonly error: CallError } | null,
  ): Promise<void>;
  /** Keeps a frame of ours and sends it. `storedText` is what is kept, where the frame has a secret in it. */
  send(
    line: StationLine,
    text: string,
    storedText: string,
    action: string | null,
    messageId: string | null,
  ): Promise<void>;
  /** Resolves when everything that was begun is answered or given up. */
  settled(): Promise<void>;
}

export interface ExchangeDeps {
  readonly store: Pick<Store, "commitFrame">;
  readonly policy: IdTokenPolicy;
  /** `null`: stations are told nothing of sessions. */
  readonly teller: SessionTeller | null;
  readonly desk: OperatorDesk;
  readonly counts: OcppCounts;
  readonly now: () => number;
  readonly heartbeatSeconds: number;
  /** Called for every frame that is on disk, in order; with its payload if it is a CALL of a station. */
  readonly onStored: (frame: StoredFrame, payload?: unknown) => void;
}

/** Longer than any answer from the store takes, shorter than the patience of stations (30 s and more). */
const decisionTimeoutMs = 10_000;
/** Enough that among so many random ids one is free, as long as a station has had fewer than some 10⁹. */
const offeredIds = 8;
const transactionIdLimit = 2 ** 31;
const noEffects: readonly FrameEffect[] = [];

export function createExchange(deps: ExchangeDeps): Exchange {
  const { store, policy, teller, desk, counts, now, heartbeatSeconds, onStored } = deps;
  // The last turn of each station, over all its connections; only what is under way is in it.
  const turns = new Map<string, Promise<void>>();

  async function commit(
    { epoch }: StationLine,
    frame: NewFrame,
    effects: readonly FrameEffect[],
    payload?: unknown,
  ): Promise<FrameOutcome> {
    const outcome = await store.commitFrame(frame, effects, epoch);
    onStored(outcome.frame, payload);
    return outcome;
  }

  function takeTurn(line: StationLine, work: (previous: Promise<void> | undefined) => Promise<void>): Promise<void> {
    const { stationId } = line;
    const turn = work(turns.get(stationId)).catch((error: unknown) => {
      if (error instanceof WattproofError && error.code === "STATION_MOVED") {
        line.giveWay();
        return;
      }
      counts.frames.failed += 1;
      desk.alert("ocpp-exchange-failed", { stationId, err: error });
      line.fail();
    });
    const settled = turn.then(() => {
      if (turns.get(stationId) === settled) turns.delete(stationId);
    });
    turns.set(stationId, settled);
    return settled;
  }

  async function finish(
    line: StationLine,
    messageId: string,
    plan: AnswerPlan,
    answer: string | null,
    stored: Promise<FrameOutcome>,
    previous: Promise<void> | undefined,
  ): Promise<void> {
    const outcome = await stored;
    await previous;
    if (plan.kind === "tell") {
      const told = await tell(teller, plan.question);
      await answerLate(line, messageId, plan.payloadOf(told), noEffects);
      return;
    }
    if (answer !== null || plan.kind !== "ask") {
      if (answer !== null) line.send(answer);
      return;
    }
    const { transaction } = outcome;
    const known = transaction?.idTokenStatus ?? null;
    const decision = isIdTokenStatus(known)
      ? { status: known, expiresAtMs: null }
      : await decide(policy, withTransaction(plan.question, transaction));
    const told = plan.tells === undefined ? null : await tell(teller, plan.tells);
    const effects: readonly FrameEffect[] =
      transaction === null || known !== null
        ? noEffects
        : [{ kind: "token-decided", transactionOrdinal: transaction.ordinal, status: decision.status }];
    await answerLate(line, messageId, plan.payloadOf(decision, transaction, told), effects);
  }

  /** An answer that was not known when the call was kept. */
  async function answerLate(
    line: StationLine,
    messageId: string,
    payload: AnswerPayload,
    effects: readonly FrameEffect[],
  ): Promise<void> {
    const text = JSON.stringify([3, messageId, payload]);
    await commit(line, frameOf(line, "out", now(), text, null, messageId, null, null), effects);
    line.send(text);
  }

  return {
    takeCall: (line, text, messageId, action, payload) =>
      takeTurn(line, (previous) => {
        const { stationId, protocol, bootStatus } = line;
        const receivedAtMs = now();
        const context = { heartbeatSeconds, bootStatus, offerTransactionIds };
        const { plan, faults } = planAnswer({ stationId, protocol, action, payload, receivedAtMs }, context);
        const answer = answerOf(protocol, messageId, plan);
        const effects = plan.kind === "refuse" ? noEffects : plan.effects;
        if (faults !== null) {
          counts.frames.quarantined += 1;
          desk.alert("ocpp-frame-quarantined", { stationId, action, faults });
        } else if (plan.kind === "refuse") counts.frames.refused += 1;
        else counts.frames.answered += 1;
        const frame = frameOf(line, "in", receivedAtMs, text, action, messageId, answer, faults);
        const stored = commit(line, frame, effects, payload);
        return finish(line, messageId, plan, answer, stored, previous);
      }),
    takeOther: (line, text, due) =>
      takeTurn(line, async (previous) => {
        const answer = due === null ? null : writeCallError(line.protocol, due.messageId, due.error);
        if (due !== null) counts.frames.refused += 1;
        await commit(line, frameOf(line, "in", now(), text, null, null, answer, null), noEffects);
        await previous;
        if (answer !== null) line.send(answer);
      }),
    async send(line, text, storedText, action, messageId) {
      await commit(line, frameOf(line, "out", now(), storedText, action, messageId, null, null), noEffects);
      line.send(text);
    },
    async settled() {
      await Promise.all(turns.values());
    },
  };
}

function frameOf(
  line: StationLine,
  direction: "in" | "out",
  receivedAtMs: number,
  text: string,
  action: string | null,
  messageId: string | null,
  answer: string | null,
  faults: readonly string[] | null,
): NewFrame {
  const { stationId, protocol } = line;
  return { stationId, protocol, direction, receivedAtMs, text, action, messageId, answer, faults };
}

function answerOf(protocol: OcppProtocol, messageId: string, plan: AnswerPlan): string | null {
  if (plan.kind === "ask" || plan.kind === "tell") return null;
  if (plan.kind === "refuse") return writeCallError(protocol, messageId, plan.error);
  return JSON.stringify([3, messageId, plan.payload]);
}

/** Random, so that nobody can guess the id of somebody else's transaction. */
function offerTransactionIds(): readonly string[] {
  return Array.from({ length: offeredIds }, () => String(randomInt(1, transactionIdLimit)));
}

/** The ids of 1.6 are ours, and known only once the start is stored. */
function withTransaction(question: IdTokenQuestion, transaction: FrameOutcome["transaction"]): IdTokenQuestion {
  const ocppTransactionId = question.ocppTransactionId ?? transaction?.ocppTransactionId ?? null;
  return { ...question, ocppTransactionId };
}

function decide(policy: IdTokenPolicy, question: IdTokenQuestion): Promise<IdTokenDecision> {
  return inTime(policy.decide(question), "decision on an idToken");
}

function tell(teller: SessionTeller | null, question: SessionQuestion): Promise<ToldSession | null> {
  return teller === null ? Promise.resolve(null) : inTime(teller.tell(question), "answer about a session");
}

async function inTime<Result>(work: Promise<Result>, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new WattproofError("SERVICE_OVERLOADED", `No ${what} within ${decisionTimeoutMs} ms.`));
    }, decisionTimeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
