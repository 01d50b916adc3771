import {
  exclusionReasons,
  isShown,
  type DossierMeter,
  type DossierMonth,
  type DossierSession,
} from "../format/dossier-schema.ts";
import { placeOf, unpackInterval, type ClaimedInterval } from "../format/energy-claim.ts";

/** Why energy that its meter proved cannot be claimed for a purpose. */
export const unclaimableReasons = ["not-enrolled", "not-joined", "claimed-otherwise", "passed-by"] as const;
/** Why energy does not count for a purpose. */
export const outsideReasons = [...exclusionReasons, ...unclaimableReasons] as const;
export type OutsideReason = (typeof outsideReasons)[number];

/** A purpose, and how far each meter is claimed in its group. */
export interface PurposeToSum {
  readonly purpose: number;
  readonly group: number;
  /** By number of the meter: how far it is claimed, or why it cannot be. One that is not there is not enrolled. */
  readonly marks: ReadonlyMap<number, ClaimedUpTo | "not-enrolled" | "not-joined">;
}

/** `null`: nothing of the meter was claimed yet. */
export type ClaimedUpTo = { readonly to: bigint | null };

/** A claim, with the device that each of its intervals is of by now. */
export interface ClaimToSum {
  readonly claimId: string;
  readonly purpose: number;
  readonly intervals: readonly string[];
}

/** Energy in 10⁻⁶ Wh. */
export interface MonthSums {
  readonly month: string;
  readonly purpose: number;
  readonly claimedMicroWh: bigint;
  readonly claimableMicroWh: bigint;
  readonly outsideMicroWh: bigint;
}
export interface OutsideSums {
  readonly purpose: number;
  readonly reason: OutsideReason;
  readonly sessions: number;
  readonly energyMicroWh: bigint;
}

/** Sums up, one month of one meter after the other, what is claimed, what can be claimed, and what does not count. */
export interface EvidenceSummer {
  add(month: DossierMonth): void;
  /** By purpose and month. */
  months(): readonly MonthSums[];
  /** By purpose, the most energy first. */
  outside(): readonly OutsideSums[];
  /** What is proven now of the energy of a claim. */
  provenOf(claimId: string): bigint;
}

/**
 * @param deps.claims Those that nobody contradicted.
 * @param deps.deviceOf The contract's number of the physical meter behind a meter; 0 if it has none.
 */
export function createEvidenceSummer(deps: {
  readonly meters: readonly Pick<DossierMeter, "number" | "register" | "restartsWithTransaction" | "hasCounter">[];
  readonly purposes: readonly PurposeToSum[];
  readonly claims: readonly ClaimToSum[];
  readonly deviceOf: (meter: number) => number;
}): EvidenceSummer {
  const { purposes, deviceOf } = deps;
  const meters = new Map(deps.meters.map((meter) => [meter.number, meter]));
  const groups = new Map(purposes.map(({ purpose, group }) => [purpose, group]));
  const intervals = Map.groupBy(
    deps.claims.flatMap(({ claimId, purpose, intervals: words }) =>
      words.map((word) => ({ ...unpackInterval(word), claimId, purpose })),
    ),
    ({ device }) => device,
  );
  const months = new Map<string, { -readonly [Name in keyof MonthSums]: MonthSums[Name] }>();
  const outside = new Map<string, { -readonly [Name in keyof OutsideSums]: OutsideSums[Name] }>();
  const proven = new Map<string, bigint>();

  function monthOf(month: string, purpose: number): { -readonly [Name in keyof MonthSums]: MonthSums[Name] } {
    const key = `${purpose} ${month}`;
    const empty = { month, purpose, claimedMicroWh: 0n, claimableMicroWh: 0n, outsideMicroWh: 0n };
    const sums = months.get(key) ?? empty;
    months.set(key, sums);
    return sums;
  }

  function leaveOut(month: string, purpose: number, reason: OutsideReason, energyMicroWh: bigint): void {
    monthOf(month, purpose).outsideMicroWh += energyMicroWh;
    const key = `${purpose} ${reason}`;
    const sums = outside.get(key) ?? { purpose, reason, sessions: 0, energyMicroWh: 0n };
    sums.sessions += 1;
    sums.energyMicroWh += energyMicroWh;
    outside.set(key, sums);
  }

  return {
    add({ meter: number, month, sessions, exclusions }) {
      const meter = meters.get(number);
      if (meter === undefined) return;
      const own = intervals.get(deviceOf(number)) ?? [];
      for (const session of sessions) {
        if (!isShown(session)) continue;
        const span = spanOf(session, meter);
        const claims = own.filter((interval) => isWithin(span, interval));
        for (const { claimId } of claims) proven.set(claimId, (proven.get(claimId) ?? 0n) + span.energyMicroWh);
        for (const { purpose, group, marks } of purposes) {
          const mark = marks.get(number) ?? "not-enrolled";
          const inGroup = claims.filter((claim) => groups.get(claim.purpose) === group);
          if (inGroup.some((claim) => claim.purpose === purpose)) {
            monthOf(month, purpose).claimedMicroWh += span.energyMicroWh;
          } else if (inGroup.length > 0) leaveOut(month, purpose, "claimed-otherwise", span.energyMicroWh);
          else if (typeof mark === "string") leaveOut(month, purpose, mark, span.energyMicroWh);
          else if (mark.to !== null && span.from < mark.to) leaveOut(month, purpose, "passed-by", span.energyMicroWh);
          else monthOf(month, purpose).claimableMicroWh += span.energyMicroWh;
        }
      }
      for (const { reason, energyMicroWh } of exclusions) {
        for (const { purpose } of purposes) leaveOut(month, purpose, reason, BigInt(energyMicroWh ?? 0));
      }
    },
    months: () =>
      [...months.values()].toSorted(
        (left, right) => left.purpose - right.purpose || (left.month < right.month ? -1 : 1),
      ),
    outside: () =>
      [...outside.values()].toSorted(
        (left, right) =>
          left.purpose - right.purpose ||
          Number(right.energyMicroWh > left.energyMicroWh) - Number(right.energyMicroWh < left.energyMicroWh) ||
          outsideReasons.indexOf(left.reason) - outsideReasons.indexOf(right.reason),
      ),
    provenOf: (claimId) => proven.get(claimId) ?? 0n,
  };
}

/** Where a session lies, as claims count it. */
interface Span {
  readonly register: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly energyMicroWh: bigint;
}

function spanOf(
  session: DossierSession,
  meter: Pick<DossierMeter, "register" | "restartsWithTransaction" | "hasCounter">,
): Span {
  const { beginSeconds, endSeconds } = session;
  const fromMicroWh = BigInt(session.fromMicroWh);
  const toMicroWh = BigInt(session.toMicroWh);
  const [firstPage, lastPage] = [BigInt(session.firstPage), BigInt(session.lastPage)];
  const place = placeOf({ fromMicroWh, toMicroWh, firstPage, lastPage, beginSeconds, endSeconds }, meter);
  return { ...place, energyMicroWh: toMicroWh - fromMicroWh };
}

function isWithin(span: Span, interval: ClaimedInterval): boolean {
  return span.register === interval.register && interval.from <= span.from && span.to <= interval.to;
}
