import { createHash } from "node:crypto";

import type { StationMessage } from "../domain/charging/message.ts";
import type { FrameEffect, OcppProtocol, OcppTransaction } from "../store/ocpp.ts";
import type { IdTokenDecision, IdTokenQuestion } from "./id-token-policy.ts";
import type { JsonRecord } from "./payload.ts";
import type { SessionQuestion, ToldSession } from "./session-teller.ts";
import type { CallError } from "./wire/call-error.ts";

/**
 * An action that stations call, in one version or in several: all that the service knows of it. Its schema is the one of
 * its name (`schemas.ts`).
 */
export interface StationAction {
  /** As the specification spells it. */
  readonly name: string;
  /**
   * It carries what is paid for. A station drops a message that was answered with a CALLERROR too often, so such a one is
   * always taken, whatever is wrong with it.
   */
  readonly tellsEnergy: boolean;
  /** How the station is answered. The payload has passed the schema, or the action tells energy. Never throws. */
  readonly answer: (call: StationCall, context: AnswerContext) => AnswerPlan;
  /** What it means for charging; without this, nothing. */
  readonly read?: MessageReader;
}

/**
 * Never throws: what cannot be read is missing, and `faults` says why.
 * @param assignedTransactionId What we answered to a StartTransaction of 1.6; `null` for all else.
 */
export type MessageReader = (
  payload: JsonRecord,
  origin: MessageOrigin,
  assignedTransactionId: string | null,
) => StationMessage;

/** What a message has whatever its action. */
export type MessageOrigin = Pick<
  StationMessage,
  "stationId" | "protocol" | "receivedAtMs" | "frameId" | "payloadDigest"
>;

/** A CALL of a station. */
export interface StationCall {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  /** An empty object where the station sent none. */
  readonly payload: JsonRecord;
  readonly receivedAtMs: number;
}

/** What an answer needs besides the call. */
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
      /** What is told of the session besides; without it, nothing. */
      readonly tells?: SessionQuestion;
      readonly payloadOf: (
        decision: IdTokenDecision,
        transaction: OcppTransaction | null,
        told: ToldSession | null,
      ) => AnswerPayload;
    }
  | {
      /** The answer tells something of a session, which is known once the frame is on disk. */
      readonly kind: "tell";
      readonly question: SessionQuestion;
      readonly effects: readonly FrameEffect[];
      readonly payloadOf: (told: ToldSession | null) => AnswerPayload;
    };

const noEffects: readonly FrameEffect[] = [];
const emptyAnswer: AnswerPlan = { kind: "answer", payload: {}, effects: noEffects };

export function answerWith(payload: AnswerPayload, effects: readonly FrameEffect[] = noEffects): AnswerPlan {
  return { kind: "answer", payload, effects };
}

/** For messages that are kept and need no more than that. */
export function acknowledge(): AnswerPlan {
  return emptyAnswer;
}

/** Actions that are kept, acknowledged, and mean nothing for charging. */
export function acknowledged(...names: readonly string[]): readonly StationAction[] {
  return names.map((name) => ({ name, tellsEnergy: false, answer: acknowledge }));
}

/** An action that always gets the same answer and means nothing for charging. */
export function answered(name: string, payload: AnswerPayload): StationAction {
  const plan = answerWith(payload);
  return { name, tellsEnergy: false, answer: () => plan };
}

/** The time, in the same words in all versions. */
export const heartbeat: StationAction = {
  name: "Heartbeat",
  tellsEnergy: false,
  answer: ({ receivedAtMs }) => answerWith({ currentTime: timeText(receivedAtMs) }),
};

/** Of one length for names of any length: what a station puts into a field may be long. */
export function shortNameOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** A time as all versions write it. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
