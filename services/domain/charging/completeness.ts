import type { FindingCode } from "./findings.ts";
import type { TransactionMessage } from "./message.ts";

/** `unknown`: nothing numbers the messages, so that nothing can be missed. */
export interface Completeness {
  readonly kind: "complete" | "incomplete" | "unknown";
  readonly missingSequenceNumbers: readonly number[];
  readonly findings: readonly FindingCode[];
}

/** Of more missing numbers than these only the first are listed; a hostile station could name a gap of billions. */
const listedNumbers = 100;

/**
 * Whether every message of a transaction is there (docs/ocpp-energy.md, rule 16): start, stop, and in 2.x every number in between. A
 * missing number is no proof of loss, because stations skip some and a register tells the sum over any hole; so this is
 * shown, and may be asked for by an operator's policy, and blocks nothing.
 */
export function judgeCompleteness(messages: readonly TransactionMessage[]): Completeness {
  const hasBothEnds =
    messages.some(({ kind }) => kind === "transaction-started") &&
    messages.some(({ kind }) => kind === "transaction-ended");
  const events = messages.filter(({ kind }) => kind !== "meter-values");
  const numbers = events.flatMap(({ sequenceNumber }) => (sequenceNumber === null ? [] : [sequenceNumber]));
  const distinct = [...new Set(numbers)].sort((left, right) => left - right);
  const [first, ...others] = distinct;
  if (first === undefined) {
    return { kind: hasBothEnds ? "unknown" : "incomplete", missingSequenceNumbers: [], findings: [] };
  }
  if (others.length === 0 && numbers.length > 1) {
    const kind = hasBothEnds ? "unknown" : "incomplete";
    return { kind, missingSequenceNumbers: [], findings: ["SEQUENCE_CONSTANT"] };
  }
  const missing: number[] = [];
  let expected = first + 1;
  let isGap = false;
  for (const number of others) {
    isGap ||= number !== expected;
    for (; expected < number && missing.length < listedNumbers; expected += 1) missing.push(expected);
    expected = number + 1;
  }
  return {
    kind: hasBothEnds && !isGap ? "complete" : "incomplete",
    missingSequenceNumbers: missing,
    findings: isGap ? ["SEQUENCE_INCOMPLETE"] : [],
  };
}

/**
 * Whether messages of a transaction are still on their way: its start, or a number between the start and the end. A station of 2.x
 * that was offline may send its end first (OCPP 2.0.1 part 2, E §1.3.2), so whoever settles waits for the rest within a
 * bound. Without an end, numbers up to the greatest that arrived are waited for. A station that numbers all events alike,
 * and 1.6, which numbers nothing, can miss no number; a start can always be missing.
 */
export function isAwaitingMessages(messages: readonly TransactionMessage[]): boolean {
  const numbersOf = (kinds: readonly TransactionMessage["kind"][]): number[] =>
    messages.flatMap(({ kind, sequenceNumber }) =>
      kinds.includes(kind) && sequenceNumber !== null ? [sequenceNumber] : [],
    );
  if (!messages.some(({ kind }) => kind === "transaction-started")) return true;
  const all = numbersOf(["transaction-started", "transaction-updated", "transaction-ended"]);
  const ends = numbersOf(["transaction-ended"]);
  const first = smallestOf(numbersOf(["transaction-started"]));
  const last = greatestOf(ends.length > 0 ? ends : all);
  if (first === null || last === null || last <= first) return false;
  const arrived = new Set(all.filter((number) => number >= first && number <= last));
  return arrived.size < last - first + 1;
}

function smallestOf(numbers: readonly number[]): number | null {
  return numbers.reduce<number | null>((least, number) => (least === null || number < least ? number : least), null);
}

function greatestOf(numbers: readonly number[]): number | null {
  return numbers.reduce<number | null>((most, number) => (most === null || number > most ? number : most), null);
}
