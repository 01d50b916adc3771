import type { TransactionAssessment } from "./assess-transaction.ts";
import type { OcppProtocol } from "./message.ts";

/**
 * Whether messages that may still come can change the energy of a transaction that is over. A register that was read at
 * begin and end tells the sum over any hole, and what the meter signed over the whole session needs nothing else.
 */
export function isEnergyAwaited({
  grade,
  reasons,
  flags,
}: Pick<TransactionAssessment, "grade" | "reasons" | "flags">): boolean {
  const isSigned = grade === "meter-signed" || grade === "meter-signed-bound";
  return !isSigned && [...reasons, ...flags].includes("MESSAGES_MISSING");
}

/** How messages that come after the end of their transaction are dealt with. */
export interface LateMessageLimits {
  /** How long messages of before the end are waited for. */
  readonly waitMs: number;
  /** Least time between two assessments of a transaction because of them. */
  readonly spacingMs: number;
  /** Of more than so many of one transaction, no further ones are read. */
  readonly limit: number;
}

export const defaultLateMessageLimits: LateMessageLimits = { waitMs: 600_000, spacingMs: 5_000, limit: 5_000 };

/** The first ones are what ordinary retries are; those are looked at without delay. */
const promptFrames = 16;

/** When a transaction is to be assessed again, of which the so-manieth late frame has come. */
export function nextLateLookMs(
  known: { readonly assessDueAtMs: number | null; readonly assessedAtMs: number | null },
  lateFrames: number,
  nowMs: number,
  { spacingMs }: LateMessageLimits,
): number {
  const spacedMs = Math.max(nowMs, (known.assessedAtMs ?? nowMs) + spacingMs);
  return Math.min(known.assessDueAtMs ?? Infinity, lateFrames <= promptFrames ? nowMs : spacedMs);
}

/** How long a station is left alone after the end, and after each time that it was asked for what it has not sent. */
const askAgainMs = 15_000;

/** Whether a station is to be asked now if it has still to send messages of a transaction that is over. 1.6 cannot be. */
export function isQueueQuestionDue(view: {
  readonly protocol: OcppProtocol;
  readonly nowMs: number;
  readonly isConnected: boolean;
  readonly lastMessageAtMs: number;
  readonly askedAtMs: number | null;
}): boolean {
  if (view.protocol === "ocpp1.6" || !view.isConnected) return false;
  return view.nowMs - Math.max(view.lastMessageAtMs, view.askedAtMs ?? 0) >= askAgainMs;
}
