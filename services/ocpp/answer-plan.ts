import { createHash } from "node:crypto";

import type { FrameEffect, OcppProtocol, OcppTransaction } from "../store/ocpp.ts";
import type { CallError } from "./wire/call-error.ts";
import type { IdTokenDecision, IdTokenQuestion } from "./id-token-policy.ts";

/** A CALL of a station. */
export interface StationCall {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  readonly payload: unknown;
  readonly receivedAtMs: number;
}

/** What a handler needs besides the call. */
export interface AnswerContext {
  readonly heartbeatSeconds: number;
  /** What the operator decided about the station. */
  readonly bootStatus: "Accepted" | "Pending" | "Rejected";
  /** Random ids for a transaction of OCPP 1.6 to choose from. */
  readonly offerTransactionIds: () => readonly string[];
}

/** The payload of an answer, as it is sent. */
export type AnswerPayload = Readonly<Record<string, unknown>>;

/** What is done about a call: stored with the frame in one step, then answered. */
export type AnswerPlan =
  | { readonly kind: "answer"; readonly payload: AnswerPayload; readonly effects: readonly FrameEffect[] }
  | { readonly kind: "refuse"; readonly error: CallError }
  | {
      /** The answer depends on an idToken, about which somebody else decides once the frame is on disk. */
      readonly kind: "ask";
      readonly question: IdTokenQuestion;
      readonly effects: readonly FrameEffect[];
      readonly payloadOf: (decision: IdTokenDecision, transaction: OcppTransaction | null) => AnswerPayload;
    };

/** Answers one action of one version. The payload has passed the schema, or is of a message that is taken with its faults. */
export type ActionHandler = (call: StationCall, context: AnswerContext) => AnswerPlan;

export function answerWith(payload: AnswerPayload, effects: readonly FrameEffect[] = []): AnswerPlan {
  return { kind: "answer", payload, effects };
}

const noEffects: readonly FrameEffect[] = [];
const emptyAnswer: AnswerPlan = { kind: "answer", payload: {}, effects: noEffects };

/** For messages that are kept and need no more than that. */
export const acknowledge: ActionHandler = () => emptyAnswer;

/** Equal for equal lists. Hashed, because what a station puts into a field may be of any length. */
export function naturalKeyOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A time as both versions write it. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
