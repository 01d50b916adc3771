import type { OcppProtocol } from "./message.ts";

/** What is known about an open transaction when somebody asks whether its stop is missing. */
export interface OpenTransactionView {
  readonly protocol: OcppProtocol;
  readonly nowMs: number;
  /** When the last message of the transaction arrived. */
  readonly lastMessageAtMs: number;
  /** The configured interval of samples; `null` where it is not known. */
  readonly sampleIntervalMs: number | null;
  /** When something after that message said that the transaction is over; `null` where nothing did. */
  readonly endSignAtMs: number | null;
  readonly isConnected: boolean;
  /** When the station was asked; `null` if never. */
  readonly askedAtMs: number | null;
}

export interface MissingStopLimits {
  /** Silence below this is none, whatever the interval of samples. */
  readonly leastSilenceMs: number;
  /** How long a stop may still come after the transaction is known to be over. */
  readonly graceMs: number;
  /** How often a connected station is asked. */
  readonly askAgainMs: number;
}

/**
 * Silence as in docs/ocpp-energy.md, rule 7. The grace of six hours is ours: a station that lost its network over an evening brings
 * its stop by then, and a hold expires after 24 hours by default.
 */
export const defaultMissingStopLimits: MissingStopLimits = {
  leastSilenceMs: 15 * 60_000,
  graceMs: 6 * 3_600_000,
  askAgainMs: 15 * 60_000,
};

/**
 * `none`: the transaction goes on. `wait-for-evidence`: it is over and its stop may come. `ask`: the same, and the station
 * is to be asked now. `settle-on-last-reading`: nothing came; what was measured last counts, and a late stop is a claim.
 */
export type MissingStopStep =
  | { readonly kind: "none" | "wait-for-evidence" | "settle-on-last-reading" }
  | { readonly kind: "ask"; readonly action: "GetTransactionStatus" | "TriggerMessage" };

/**
 * What to do about a transaction that has no stop. Silence alone is no end: a station without network goes on charging.
 * It takes a sign as well: the outlet is available, or the station booted, or another transaction began there.
 */
export function decideMissingStop(view: OpenTransactionView, limits: MissingStopLimits): MissingStopStep {
  const silenceMs = Math.max(limits.leastSilenceMs, 2 * (view.sampleIntervalMs ?? 0));
  if (view.endSignAtMs === null || view.nowMs - view.lastMessageAtMs < silenceMs) return { kind: "none" };
  const overSinceMs = Math.max(view.endSignAtMs, view.lastMessageAtMs + silenceMs);
  if (view.nowMs - overSinceMs >= limits.graceMs) return { kind: "settle-on-last-reading" };
  const isAnswerDue = view.askedAtMs === null || view.nowMs - view.askedAtMs >= limits.askAgainMs;
  if (!view.isConnected || !isAnswerDue) return { kind: "wait-for-evidence" };
  // 2.x knows the question itself (E14); 1.6 can only be made to send its meter values.
  return { kind: "ask", action: view.protocol === "ocpp1.6" ? "TriggerMessage" : "GetTransactionStatus" };
}
