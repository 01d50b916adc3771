import { WattproofError } from "../errors.ts";
import type { EvidenceGrade } from "./charging/assess-transaction.ts";
import type { Challenge, Tally } from "./session-amounts.ts";
import { addAmount, addTally, challengeUpTo, talliesUpTo } from "./session-amounts.ts";
import type { Opening } from "./opening.ts";
import { stuckRules, type Resolution } from "./stuck-sessions.ts";

/**
 * Where a charging session is in its life. `held`: its energy is known, and does not settle by itself. `skipped`: the chain would not settle it, or its settlement failed too often.
 * `unconfirmed`: the block that opened it is no longer part of the chain.
 */
export const sessionStatuses = [
  "unservable",
  "opened",
  "charging",
  "held",
  "completed",
  "batched",
  "settled",
  "expired",
  "disputed",
  "skipped",
  "unconfirmed",
] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** Why a session is not served whose price the operator does not offer at its EVSE. */
export const tariffNotAssigned = "TARIFF_NOT_ASSIGNED";

/** Why a session is not served whose idTag another session had before it: a charger could not tell the two apart. */
export const idTagSeenBefore = "ID_TAG_SEEN_BEFORE";

/** Why a session is not served that its driver gave up before it began. */
export const sessionCancelled = "SESSION_CANCELLED";

/** Why a session is not served that no charger has begun, where its tariff does not let it be settled at nothing. */
export const sessionNotBegun = "SESSION_NOT_BEGUN";

/** Where an event stands on the chain. */
export interface LogPosition {
  readonly txHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly logIndex: number;
}

/** Where and when the chain opened the session. A reorganisation can open it again elsewhere. */
export interface SessionOpening extends LogPosition, Opening {}

/** How the chain ended the session. */
export type Closing =
  | {
      readonly kind: "settled";
      readonly position: LogPosition;
      readonly energyMicroWh: bigint;
      readonly chargingSeconds: number;
      readonly connectedSeconds: number;
      readonly chargedMicro: bigint;
      readonly returnedMicro: bigint;
      /** The oracles' batch that settled it, which can be challenged; `null`: settled from the meter's own signature. */
      readonly batch: number | null;
      /** Oracles said that the contract can read the records behind it; `null` where they did not settle it. */
      readonly isReadable: boolean | null;
    }
  /** Driver and operator agreed what it costs; nothing is said of its energy. */
  | {
      readonly kind: "agreed";
      readonly position: LogPosition;
      readonly chargedMicro: bigint;
      readonly returnedMicro: bigint;
    }
  | { readonly kind: "expired"; readonly position: LogPosition; readonly returnedMicro: bigint }
  | { readonly kind: "skipped"; readonly position: LogPosition };

/** What the meter has signed so far. */
export type EvidenceStage = "none" | "begun" | "complete";

/** A contradiction in what the meter signed. */
export interface Dispute {
  readonly reason: string;
  /** No further record can heal it. */
  readonly isFinal: boolean;
}

/** What the evidence of a session was found to be worth. */
export interface SessionAssessment {
  readonly grade: EvidenceGrade;
  /** Codes of `findingCatalogue`: those that made the grade, and all others. */
  readonly reasons: readonly string[];
  readonly flags: readonly string[];
  /** The exact energy that was assessed, as a canonical decimal. */
  readonly energyWh: string;
  /** Why the session does not settle by itself: a code; `null` if it does. */
  readonly hold: string | null;
}

/** Who vouches for a session on its way to the chain: a quorum of oracles, or its meter alone. */
export type SettlementLane = "oracles" | "meter";

/** How a session goes on that its batch did not settle. */
export interface NextTry {
  readonly lane: SettlementLane;
  /** Not in a batch again before; `null`: at once. */
  readonly notBeforeMs: number | null;
  /** Since when no quorum is to be had for it. */
  readonly quorumLackingSinceMs: number | null;
}

/** The state of a session. Changes only through `transition`. */
export interface SessionState {
  readonly status: SessionStatus;
  readonly stage: EvidenceStage;
  readonly dispute: Dispute | null;
  /** `null` until the evidence was assessed as a whole. */
  readonly assessment: SessionAssessment | null;
  /** Why the session is unservable or skipped: a code. */
  readonly reason: string | null;
  /** The batch that carries, or carried, the session to the chain. */
  readonly batchId: string | null;
  /** Settlement transactions with this session that reverted. */
  readonly failedAttempts: number;
  readonly nextTry: NextTry;
  readonly opening: SessionOpening;
  readonly closing: Closing | null;
  /** By how much the driver raised the hold. */
  readonly topUps: readonly Tally[];
  /** What the operator gave back after the settlement. */
  readonly refunds: readonly Tally[];
  readonly challenge: Challenge | null;
  /** What an operator last decided about it. */
  readonly resolution: Resolution | null;
}

export type SessionEvent =
  | { readonly kind: "opened"; readonly opening: SessionOpening; readonly unservableReason: string | null }
  /** Nothing has begun, and the operator does not serve the session: its reason is a code. */
  | { readonly kind: "service-refused"; readonly reason: string }
  | { readonly kind: "evidence-begun" }
  /** `notBeforeMs`: another service is about to settle the session. */
  | { readonly kind: "evidence-completed"; readonly notBeforeMs?: number; readonly assessment?: SessionAssessment }
  /** The evidence was assessed, and does not settle by itself. `dispute`: it contradicts itself. */
  | { readonly kind: "evidence-held"; readonly assessment: SessionAssessment; readonly dispute: Dispute | null }
  /** What was found after the session was complete; it changes nothing else. */
  | { readonly kind: "evidence-flagged"; readonly flags: readonly string[] }
  /** Records were added that prove nothing yet. */
  | { readonly kind: "evidence-added" }
  | { readonly kind: "evidence-disputed"; readonly reason: string; readonly isFinal: boolean }
  | { readonly kind: "batched"; readonly batchId: string }
  /** The batch will not carry the session; `isFailedAttempt` if that is because its transaction reverted. */
  | {
      readonly kind: "released";
      readonly isFailedAttempt: boolean;
      readonly attemptLimit: number;
      readonly nextTry?: NextTry;
      /** Why nobody can settle the session any more unless an operator decides: a code. */
      readonly abandonedFor?: string;
    }
  | { readonly kind: "closed"; readonly closing: Closing; readonly reason: string | null }
  /** The operator has seen to what kept a skipped session from settling. */
  | { readonly kind: "retried" }
  /** An operator decided. `assessment`: what it settles on now; `null` where it is left to expiry. */
  | { readonly kind: "resolved"; readonly resolution: Resolution; readonly assessment: SessionAssessment | null }
  | { readonly kind: "topped-up"; readonly topUp: Tally }
  | { readonly kind: "refunded"; readonly position: LogPosition; readonly amountMicro: bigint }
  | ({ readonly kind: "challenged" } & Pick<Challenge, "position" | "challenger" | "provenMicro"> & {
        /** What the driver had paid until then. */
        readonly paidMicro: bigint;
      })
  | { readonly kind: "amounts-reorganised"; readonly aboveBlock: number }
  | { readonly kind: "closing-reorganised" }
  | { readonly kind: "opening-reorganised" };

const usualTry: NextTry = { lane: "oracles", notBeforeMs: null, quorumLackingSinceMs: null };

/** The state after the event that begins a session's life here. */
export function openSession(event: Extract<SessionEvent, { kind: "opened" }>): SessionState {
  return {
    status: event.unservableReason === null ? "opened" : "unservable",
    stage: "none",
    dispute: null,
    assessment: null,
    reason: event.unservableReason,
    batchId: null,
    failedAttempts: 0,
    nextTry: usualTry,
    opening: event.opening,
    closing: null,
    topUps: [],
    refunds: [],
    challenge: null,
    resolution: null,
  };
}

/** The driver chose a price that the operator does not offer there: energy that flowed all the same settles by no rule. */
export function isPriceRefused({ reason }: Pick<SessionState, "reason">): boolean {
  return reason === tariffNotAssigned;
}

/**
 * The session still takes records from its meter. One whose price was refused does, too: energy that flowed all the same
 * is kept, and held. One that others settled before the meter's word was here does as well: it can show that they were wrong.
 */
export function isTakingRecords(state: SessionState): boolean {
  if (state.closing?.kind === "settled") {
    return state.challenge === null && state.stage !== "complete";
  }
  if (state.status === "unservable") return isPriceRefused(state);
  return ["opened", "charging", "held", "completed", "disputed", "unconfirmed"].includes(state.status);
}

/**
 * The state after an event.
 * @throws SESSION_EVENT_ILLEGAL if the session cannot take this step from where it is.
 */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  switch (event.kind) {
    case "opened":
      return reopen(state, event);
    case "service-refused":
      if (state.status !== "opened") throw illegal(state, event);
      return { ...state, reason: event.reason, status: "unservable" };
    case "evidence-added":
    case "evidence-begun":
    case "evidence-completed":
    case "evidence-disputed":
    case "evidence-held":
      return addEvidence(state, event);
    case "evidence-flagged":
      if (state.assessment === null) throw illegal(state, event);
      return { ...state, assessment: { ...state.assessment, flags: event.flags } };
    case "batched":
      if (state.status !== "completed") throw illegal(state, event);
      return { ...state, batchId: event.batchId, status: "batched" };
    case "released":
      return release(state, event);
    case "retried":
      return retry(state, event);
    case "resolved":
      return resolve(state, event);
    case "topped-up":
      return { ...state, topUps: addTally(state.topUps, event.topUp) };
    case "refunded":
      return { ...state, refunds: addAmount(state.refunds, event.position, event.amountMicro) };
    case "challenged":
      return { ...state, challenge: challengeAfter(state.challenge, event) };
    case "amounts-reorganised":
      return withoutAmountsAbove(state, event.aboveBlock);
    case "closed":
      return close(state, event);
    case "closing-reorganised":
      if (state.closing === null) throw illegal(state, event);
      if (state.batchId !== null) return { ...state, closing: null, reason: null, status: "batched" };
      return rest({ ...state, closing: null, reason: null });
    case "opening-reorganised":
      return { ...state, closing: null, reason: null, status: "unconfirmed" };
  }
}

function reopen(state: SessionState, event: Extract<SessionEvent, { kind: "opened" }>): SessionState {
  // The session id commits to a nonce that is used once, so a second opening means that the first was undone.
  if (!["unconfirmed", "skipped", "unservable"].includes(state.status)) throw illegal(state, event);
  const { opening, unservableReason: reason } = event;
  const reopened = { ...state, opening, reason, closing: null };
  return reason === null
    ? rest({ ...reopened, batchId: null, failedAttempts: 0, nextTry: usualTry })
    : { ...reopened, status: "unservable" };
}

function addEvidence(state: SessionState, event: SessionEvent): SessionState {
  if (!isTakingRecords(state)) throw illegal(state, event);
  let { stage, dispute, assessment } = state;
  if (event.kind === "evidence-begun" && stage === "none") stage = "begun";
  let { nextTry } = state;
  if (event.kind === "evidence-completed") {
    stage = "complete";
    assessment = event.assessment ?? assessment;
    if (dispute?.isFinal !== true) dispute = null;
    if (event.notBeforeMs !== undefined) nextTry = { ...nextTry, notBeforeMs: event.notBeforeMs };
  }
  if (event.kind === "evidence-disputed" && dispute?.isFinal !== true) {
    dispute = { reason: event.reason, isFinal: event.isFinal };
  }
  if (event.kind === "evidence-held") {
    assessment = event.assessment;
    if (dispute?.isFinal !== true) dispute = event.dispute;
  }
  const next = { ...state, stage, dispute, assessment, nextTry };
  return state.status === "unconfirmed" || state.status === "settled" ? next : rest(next);
}

function release(state: SessionState, event: Extract<SessionEvent, { kind: "released" }>): SessionState {
  // However the session ended, it no longer belongs to the batch.
  if (state.status === "unconfirmed" || state.closing !== null) return { ...state, batchId: null };
  if (state.status !== "batched") throw illegal(state, event);
  const failedAttempts = state.failedAttempts + (event.isFailedAttempt ? 1 : 0);
  const nextTry = event.nextTry ?? { ...state.nextTry, notBeforeMs: null };
  const released = { ...state, batchId: null, failedAttempts, nextTry };
  if (event.abandonedFor !== undefined) return { ...released, reason: event.abandonedFor, status: "skipped" };
  if (failedAttempts < event.attemptLimit) return rest(released);
  return { ...released, reason: "SETTLEMENT_ATTEMPTS_EXHAUSTED", status: "skipped" };
}

function retry(state: SessionState, event: SessionEvent): SessionState {
  if (state.status !== "skipped") throw illegal(state, event);
  return rest({ ...state, closing: null, reason: null, batchId: null, failedAttempts: 0, nextTry: usualTry });
}

function resolve(state: SessionState, event: Extract<SessionEvent, { kind: "resolved" }>): SessionState {
  const { resolution, assessment } = event;
  if (stuckRules[state.status]?.ways.includes(resolution.way) !== true) throw illegal(state, event);
  if (assessment === null) return { ...state, resolution };
  const lane: SettlementLane = resolution.way === "meter" ? "meter" : "oracles";
  return {
    ...rest({ ...state, stage: "complete", dispute: null, assessment, closing: null, reason: null, batchId: null }),
    failedAttempts: 0,
    nextTry: { ...usualTry, lane },
    resolution,
  };
}

function close(state: SessionState, event: Extract<SessionEvent, { kind: "closed" }>): SessionState {
  const { closing, reason } = event;
  // Money moves once, so what comes after it cannot undo it; a skip only says that one transaction did nothing.
  if (state.closing !== null && state.closing.kind !== "skipped") return state;
  if (closing.kind === "skipped" && state.status === "unconfirmed") return { ...state, batchId: null };
  return { ...state, closing, reason, status: closing.kind === "agreed" ? "settled" : closing.kind };
}

function challengeAfter(
  earlier: Challenge | null,
  { position, challenger, provenMicro, paidMicro }: Extract<SessionEvent, { kind: "challenged" }>,
): Challenge {
  return { position, challenger, provenMicro, chargedMicro: earlier?.chargedMicro ?? paidMicro, earlier };
}

function withoutAmountsAbove(state: SessionState, blockNumber: number): SessionState {
  const { topUps, refunds, challenge } = state;
  return {
    ...state,
    topUps: talliesUpTo(topUps, blockNumber),
    refunds: talliesUpTo(refunds, blockNumber),
    challenge: challengeUpTo(challenge, blockNumber),
  };
}

/** The state of a session that is open, by what is known of its energy. */
function rest(state: SessionState): SessionState {
  if (state.dispute !== null) return { ...state, status: "disputed" };
  if (state.stage !== "complete" && state.assessment !== null) return { ...state, status: "held" };
  if (state.stage !== "complete" && isPriceRefused(state)) return { ...state, status: "unservable" };
  const byStage = { none: "opened", begun: "charging", complete: "completed" } as const;
  return { ...state, status: byStage[state.stage] };
}

function illegal(state: SessionState, event: SessionEvent): WattproofError {
  return new WattproofError("SESSION_EVENT_ILLEGAL", `The session is ${state.status} and cannot be ${event.kind}.`);
}
