import type { ErrorCode } from "../../errors.ts";
import type { DossierExclusion, DossierGap } from "./dossier-schema.ts";

/** A session of a meter as its continuity table sees it. */
export interface Interval {
  readonly sessionId: string;
  readonly fromMicroWh: bigint;
  readonly toMicroWh: bigint;
  readonly firstPage: bigint;
  readonly lastPage: bigint;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  /** Not counted: what it delivered is a gap. */
  readonly isExcluded: boolean;
}

/** Where the meter's register and pagination stood after what came before. */
export interface MeterPosition {
  readonly registerMicroWh: bigint;
  readonly page: bigint;
  readonly atSeconds: number;
  /** Where the interval before began, to tell an overlap from a register that ran backwards. */
  readonly beganAtMicroWh: bigint;
}

export interface Continuity {
  readonly gaps: readonly DossierGap[];
  readonly problems: readonly { readonly code: ErrorCode; readonly sessionId: string }[];
  /** `null` if there was no interval, and none before. */
  readonly opening: bigint | null;
  readonly end: MeterPosition | null;
}

/**
 * Lays the sessions of one meter end to end, in the order of their pagination, and says what lies between them. Where a
 * register starts over with each transaction, pagination alone shows what is missing, and no energy can be said of it.
 *
 * @param start Where the part before ended; `null` for the first one.
 * @param unsignedAtSeconds When sessions were that the meter did not sign.
 */
export function continuityOf(
  intervals: readonly Interval[],
  restartsWithTransaction: boolean,
  start: MeterPosition | null,
  unsignedAtSeconds: readonly number[],
): Continuity {
  const gaps: DossierGap[] = [];
  const problems: { code: ErrorCode; sessionId: string }[] = [];
  let position = start;
  const opening = start?.registerMicroWh ?? intervals[0]?.fromMicroWh ?? null;
  for (const interval of intervals) {
    const { sessionId, fromMicroWh, toMicroWh, firstPage, lastPage } = interval;
    if (toMicroWh < fromMicroWh) problems.push({ code: "DOSSIER_REGISTER_BACKWARDS", sessionId });
    if (lastPage < firstPage || (position !== null && firstPage <= position.page)) {
      problems.push({ code: "DOSSIER_RECORD_REPEATED", sessionId });
    }
    if (position !== null) {
      const jump = jumpOf(position, interval);
      if (!restartsWithTransaction && jump !== null) problems.push({ code: jump, sessionId });
      const gap = gapBefore(position, interval, restartsWithTransaction, unsignedAtSeconds);
      if (gap !== null) gaps.push(gap);
    }
    if (interval.isExcluded) {
      gaps.push({ ...asText(fromMicroWh, toMicroWh), reason: "excluded", sessionId });
    }
    position = {
      registerMicroWh: toMicroWh,
      page: lastPage,
      atSeconds: interval.endSeconds,
      beganAtMicroWh: fromMicroWh,
    };
  }
  return { gaps, problems, opening, end: position };
}

/** A register that stands lower than before: two sessions count the same energy, or the register ran backwards. */
function jumpOf({ registerMicroWh, beganAtMicroWh }: MeterPosition, next: Interval): ErrorCode | null {
  if (next.fromMicroWh >= registerMicroWh) return null;
  return next.toMicroWh > beganAtMicroWh ? "DOSSIER_INTERVALS_OVERLAP" : "DOSSIER_REGISTER_BACKWARDS";
}

function gapBefore(
  position: MeterPosition,
  next: Interval,
  restartsWithTransaction: boolean,
  unsignedAtSeconds: readonly number[],
): DossierGap | null {
  const isLost = next.firstPage > position.page + 1n;
  if (restartsWithTransaction) {
    return isLost ? { ...asText(0n, 0n), reason: "lost-records", sessionId: null } : null;
  }
  const from = position.registerMicroWh;
  const to = next.fromMicroWh;
  if (to < from || (to === from && !isLost)) return null;
  const isUnsigned = unsignedAtSeconds.some((at) => at >= position.atSeconds && at <= next.beginSeconds);
  return {
    ...asText(from, to),
    reason: isUnsigned ? "unsigned" : isLost ? "lost-records" : "standby",
    sessionId: null,
  };
}

function asText(from: bigint, to: bigint): Pick<DossierGap, "fromMicroWh" | "toMicroWh"> {
  return { fromMicroWh: from.toString(), toMicroWh: to.toString() };
}

/** The excluded sessions of a meter that it signed, as intervals. */
export function intervalsOf(exclusions: readonly DossierExclusion[]): readonly Interval[] {
  return exclusions.flatMap(({ sessionId, interval, atSeconds }) =>
    interval === null
      ? []
      : [
          {
            sessionId,
            fromMicroWh: BigInt(interval.fromMicroWh),
            toMicroWh: BigInt(interval.toMicroWh),
            firstPage: BigInt(interval.firstPage),
            lastPage: BigInt(interval.lastPage),
            beginSeconds: atSeconds,
            endSeconds: atSeconds,
            isExcluded: true,
          },
        ],
  );
}

/** By pagination, which the meter signed. */
export function inOrder(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.toSorted((left, right) =>
    left.firstPage < right.firstPage ? -1 : left.firstPage > right.firstPage ? 1 : 0,
  );
}

/** Σ of what lies between. */
export function gapsMicroWhOf(gaps: readonly DossierGap[]): bigint {
  return gaps.reduce((sum, { fromMicroWh, toMicroWh }) => sum + BigInt(toMicroWh) - BigInt(fromMicroWh), 0n);
}
