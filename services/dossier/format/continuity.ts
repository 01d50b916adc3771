import type { ErrorCode } from "../../errors.ts";
import type { DossierExclusion, DossierGap, DossierMeter } from "./dossier-schema.ts";

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

/** What of a meter tells in which order its sessions were. */
export type MeterOrder = Pick<DossierMeter, "restartsWithTransaction" | "hasCounter">;

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
 * Lays the sessions of one meter end to end, in their order, and says what lies between them. Where a register starts over
 * with each transaction, pagination alone shows what is missing, and no energy can be said of it. Where the meter does not
 * number its records, registers must not fall as time goes on; and where they start over, too, times must not overlap.
 *
 * @param start Where the part before ended; `null` for the first one.
 * @param unsignedAtSeconds When sessions were that the meter did not sign.
 */
export function continuityOf(
  intervals: readonly Interval[],
  order: MeterOrder,
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
    const isPageRepeated = order.hasCounter !== false && position !== null && firstPage <= position.page;
    if (lastPage < firstPage || isPageRepeated) problems.push({ code: "DOSSIER_RECORD_REPEATED", sessionId });
    if (position !== null) {
      const jump = jumpOf(position, interval, order);
      if (jump !== null) problems.push({ code: jump, sessionId });
      const gap = gapBefore(position, interval, order, unsignedAtSeconds);
      if (gap !== null) gaps.push(gap);
    }
    if (interval.isExcluded) {
      gaps.push({ ...asText(fromMicroWh, toMicroWh), reason: "excluded", sessionId });
    }
    position = positionAfter(interval);
  }
  return { gaps, problems, opening, end: position };
}

/** Where the meter stood when this was over. */
export function positionAfter({ fromMicroWh, toMicroWh, lastPage, endSeconds }: Interval): MeterPosition {
  return { registerMicroWh: toMicroWh, page: lastPage, atSeconds: endSeconds, beganAtMicroWh: fromMicroWh };
}

/**
 * What of an interval does not follow from where the meter stood before: two sessions count the same energy, the register
 * ran backwards, or nothing but overlapping times says that two sessions are two.
 */
export function jumpOf(
  { registerMicroWh, beganAtMicroWh, atSeconds }: MeterPosition,
  next: Pick<Interval, "fromMicroWh" | "toMicroWh" | "beginSeconds">,
  { restartsWithTransaction, hasCounter }: MeterOrder,
): ErrorCode | null {
  if (restartsWithTransaction) {
    return hasCounter === false && next.beginSeconds < atSeconds ? "DOSSIER_ORDER_UNPROVEN" : null;
  }
  if (next.fromMicroWh >= registerMicroWh) return null;
  return next.toMicroWh > beganAtMicroWh ? "DOSSIER_INTERVALS_OVERLAP" : "DOSSIER_REGISTER_BACKWARDS";
}

function gapBefore(
  position: MeterPosition,
  next: Interval,
  { restartsWithTransaction, hasCounter }: MeterOrder,
  unsignedAtSeconds: readonly number[],
): DossierGap | null {
  const isLost = hasCounter !== false && next.firstPage > position.page + 1n;
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
            beginSeconds: interval.beginSeconds ?? atSeconds,
            endSeconds: atSeconds,
            isExcluded: true,
          },
        ],
  );
}

/** What sessions are ordered by. */
type Ordered = Pick<Interval, "sessionId" | "fromMicroWh" | "toMicroWh" | "firstPage" | "beginSeconds" | "endSeconds">;

/** By pagination, which the meter signed; where it numbers nothing, by time, and by register within a second. */
export function inOrder<One extends Ordered>(intervals: readonly One[], { hasCounter }: MeterOrder): readonly One[] {
  return intervals.toSorted(hasCounter === false ? byTimeAndRegister : byPage);
}

function byPage(left: Ordered, right: Ordered): number {
  return compare(left.firstPage, right.firstPage);
}

function byTimeAndRegister(left: Ordered, right: Ordered): number {
  return (
    left.beginSeconds - right.beginSeconds ||
    compare(left.fromMicroWh, right.fromMicroWh) ||
    compare(left.toMicroWh, right.toMicroWh) ||
    left.endSeconds - right.endSeconds ||
    (left.sessionId < right.sessionId ? -1 : 1)
  );
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Σ of what lies between. */
export function gapsMicroWhOf(gaps: readonly DossierGap[]): bigint {
  return gaps.reduce((sum, { fromMicroWh, toMicroWh }) => sum + BigInt(toMicroWh) - BigInt(fromMicroWh), 0n);
}
