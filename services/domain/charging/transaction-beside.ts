import type { TransactionAssessment } from "./assess-transaction.ts";
import type { FindingCode } from "./findings.ts";
import { compareDecimals } from "../decimal.ts";
import type { TransactionMessage } from "./message.ts";
import { greatestPowerW } from "./unit-check.ts";

/** A transaction without a session, as it is looked at for a session that it may have delivered for. */
export interface TransactionBeside {
  /** It presented the session's idTag, or named a request to begin the session. */
  readonly isNamingSession: boolean;
  readonly isOpen: boolean;
  /** By the station's clock; `null` while its start is not known. */
  readonly startedAtMs: number | null;
  /** When its first message came, by ours, if that is when it began; `null` where it was replayed. */
  readonly heardAtMs?: number | null;
  /** When something said that it is over although it is open. */
  readonly endSignAtMs: number | null;
  /** It is over, and nothing flowed in it. */
  readonly isKnownEmpty: boolean;
}

/** The session that transactions are looked at for. */
export interface SessionBeside {
  /** When it became known here. */
  readonly openedAtMs: number;
  /**
   * When its own transaction ended, by the station's clock; where its stop is lost, when something said that it was over;
   * `null` while it goes on or has not begun.
   */
  readonly endedAtMs: number | null;
}

/** An outlet that charges nobody takes less for itself. */
const leastPowerW = { unscaled: 50n, scale: 0 };
const openEnds: readonly FindingCode[] = ["MESSAGES_MISSING", "BEGIN_UNCOVERED", "END_UNCOVERED"];
/** A station's clock may be wrong by as much before it is flagged (docs/ocpp-energy.md, rule 12). */
const clockToleranceMs = 300_000;

/**
 * What transactions without a session mean for a session. One that names the session counts whatever its time. Another
 * one at the EVSE counts if it began while the session was there: what began before is somebody else's, and over as soon
 * as something says so.
 */
export function circumstancesOf(
  session: SessionBeside,
  besides: readonly TransactionBeside[],
): { readonly findings: readonly FindingCode[]; readonly isOpen: boolean } {
  const counting = besides.filter((beside) => !beside.isKnownEmpty && isBeside(session, beside));
  const findings = new Set<FindingCode>(
    counting.map(({ isNamingSession }) =>
      isNamingSession ? "SESSION_CONTINUED_ELSEWHERE" : "OPEN_TRANSACTION_AT_EVSE",
    ),
  );
  return { findings: [...findings], isOpen: counting.some(({ isOpen }) => isOpen) };
}

function isBeside(session: SessionBeside, beside: TransactionBeside): boolean {
  if (beside.isNamingSession) return true;
  const { startedAtMs, heardAtMs = null, isOpen, endSignAtMs } = beside;
  const isAfterSession = session.endedAtMs !== null && startedAtMs !== null && startedAtMs >= session.endedAtMs;
  if (isAfterSession) return false;
  if (startedAtMs === null || startedAtMs >= session.openedAtMs - clockToleranceMs) return true;
  // Its clock may be behind.
  if (heardAtMs !== null && heardAtMs >= session.openedAtMs) return true;
  return isOpen && endSignAtMs === null;
}

/** Messages of a live transaction come at the pace at which they were made, as far as a network lets them. */
const paceMs = 60_000;
const pacePart = 10;

/**
 * When the first message of a transaction came, if the transaction went on as its messages came: their delays are all
 * alike, as with a clock that is behind. What was queued comes at once, and `null` is returned. What is too short to
 * tell counts as live.
 */
export function heardLiveAtMs(messages: readonly TransactionMessage[]): number | null {
  const timed = messages.flatMap(({ time, receivedAtMs }) =>
    time === null ? [] : [{ atMs: time.epochMs, receivedAtMs, delayMs: receivedAtMs - time.epochMs }],
  );
  if (timed.length === 0) return null;
  const rangeOf = (values: readonly number[]): number =>
    values.reduce((most, value) => Math.max(most, value)) - values.reduce((least, value) => Math.min(least, value));
  const spanMs = rangeOf(timed.map(({ atMs }) => atMs));
  const spreadMs = rangeOf(timed.map(({ delayMs }) => delayMs));
  if (spreadMs > Math.max(paceMs, spanMs / pacePart)) return null;
  return timed.reduce((least, { receivedAtMs }) => Math.min(least, receivedAtMs), Infinity);
}

/**
 * Whether nothing can have flowed in a transaction that is over: its register stood still, or it never charged and so
 * never told a register.
 */
export function isKnownEmpty(
  assessment: TransactionAssessment | null,
  messages: readonly TransactionMessage[],
): boolean {
  if (assessment === null || assessment.energyMicroWh > 0n) return false;
  const isFlowing = compareDecimals(greatestPowerW(messages), leastPowerW) >= 0;
  // Of one second: there are begin and end, and no stretch between them that could be judged.
  if (assessment.reasons.every((code) => code === "SINGLE_READING") && hasStoodStill(messages)) return !isFlowing;
  // What its readings leave open may be all of its energy: one value of a transaction whose start is lost says nothing.
  if (assessment.reasons.some((code) => openEnds.includes(code))) return false;
  if (assessment.segments.length > 0) return assessment.grade !== "disputed" && assessment.claimedEnergyWh === "0";
  const states = messages.flatMap((message) =>
    message.kind === "meter-values" || message.chargingState === null ? [] : [message.chargingState],
  );
  if (isFlowing) return false;
  return states.length > 0 && !states.includes("Charging") && assessment.claimedEnergyWh === null;
}

/** Whether begin and end were told with a register, and it never said anything else. */
function hasStoodStill(messages: readonly TransactionMessage[]): boolean {
  const told = messages.flatMap(({ kind, readings }) =>
    readings
      .filter(({ measurand }) => measurand === "Energy.Active.Import.Register")
      .map(({ value }) => ({ kind, value })),
  );
  const first = told[0]?.value ?? null;
  const isSame = told.every(({ value }) => value !== null && first !== null && compareDecimals(value, first) === 0);
  const kinds = new Set(told.map(({ kind }) => kind));
  return isSame && kinds.has("transaction-started") && kinds.has("transaction-ended");
}
