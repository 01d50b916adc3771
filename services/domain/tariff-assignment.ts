import { isSameScope, rankOf, type TariffScope } from "./tariff-scope.ts";

/** A place in the chain's time: a block, and seconds since 1970. */
export interface ChainMoment {
  readonly blockNumber: number;
  readonly atSeconds: number;
}

/** For how long something holds, in blocks. */
export interface ChainSpan {
  /** Sessions that were opened in this block or later have it. */
  readonly since: ChainMoment;
  /** Sessions that were opened in this block or earlier have it; `null`: it goes on. */
  readonly until: ChainMoment | null;
}

/** For how long an operator offers a tariff to a driver at a connector. */
export interface AssignmentSpan extends ChainSpan {
  readonly tariffId: string;
  /** Of the tariffs that are offered at a time those with the highest rank apply. */
  readonly rank: number;
}

/** Whether a tariff was assigned when a session was opened; `ended`: not any more, since `atSeconds`. */
export type AssignmentState =
  { readonly kind: "assigned" } | { readonly kind: "ended"; readonly atSeconds: number } | { readonly kind: "never" };

/**
 * Whether a connector offered the tariff to a driver in a block. Blocks and not clocks decide, because both sides can look
 * them up. In the block of a change what was before and what is after it both hold.
 * @param spans All spans that there are for this driver at this connector, past and present, in any order.
 */
export function assignmentAt(spans: readonly AssignmentSpan[], tariffId: string, blockNumber: number): AssignmentState {
  if (isApplied(spans, tariffId, blockNumber)) return { kind: "assigned" };
  let endedAtSeconds: number | null = null;
  for (const moment of spans.flatMap(({ since, until }) => (until === null ? [since] : [since, until]))) {
    if (moment.blockNumber > blockNumber || !isApplied(spans, tariffId, moment.blockNumber)) continue;
    endedAtSeconds = Math.max(endedAtSeconds ?? 0, moment.atSeconds);
  }
  return endedAtSeconds === null ? { kind: "never" } : { kind: "ended", atSeconds: endedAtSeconds };
}

function isApplied(spans: readonly AssignmentSpan[], tariffId: string, block: number): boolean {
  const own = spans.filter(
    ({ tariffId: id, since, until }) =>
      id === tariffId && since.blockNumber <= block && (until === null || block <= until.blockNumber),
  );
  if (own.length === 0) return false;
  const rank = Math.max(...own.map((span) => span.rank));
  // What displaces it must have held in the whole of the block.
  return !spans.some(
    (span) =>
      span.rank > rank && span.since.blockNumber < block && (span.until === null || block < span.until.blockNumber),
  );
}

/** An assignment as far as it is one for a driver. */
export interface ScopedAssignment extends ChainSpan {
  readonly tariffId: string;
  readonly scope: TariffScope;
}

/** For how long a driver is in a group. */
export interface GroupMembership extends ChainSpan {
  readonly group: string;
}

/**
 * What of the assignments is for this driver at this connector.
 * @param assignments Those of the EVSE and of its site.
 * @param memberships Those of the driver.
 * @param connector `null`: one that has no assignment of its own.
 */
export function spansOf(
  assignments: readonly ScopedAssignment[],
  memberships: readonly GroupMembership[],
  connector: number | null,
): readonly AssignmentSpan[] {
  return assignments.flatMap(({ tariffId, scope, since, until }) => {
    if (scope.connector !== null && scope.connector !== connector) return [];
    const span = { tariffId, rank: rankOf(scope), since, until };
    if (scope.group === null) return [span];
    return memberships
      .filter(({ group }) => group === scope.group)
      .map((membership) => ({ ...span, ...commonSpan(span, membership) }))
      .filter((common) => common.until === null || common.since.blockNumber <= common.until.blockNumber);
  });
}

function commonSpan(one: ChainSpan, other: ChainSpan): ChainSpan {
  const since = one.since.blockNumber >= other.since.blockNumber ? one.since : other.since;
  if (one.until === null || other.until === null) return { since, until: one.until ?? other.until };
  return { since, until: one.until.blockNumber <= other.until.blockNumber ? one.until : other.until };
}

/** What applies after the last change: the tariffs of the highest rank that go on, oldest first. */
export function appliedNow<Span extends AssignmentSpan>(spans: readonly Span[]): readonly Span[] {
  const going = spans.filter(({ until }) => until === null);
  const rank = Math.max(0, ...going.map((span) => span.rank));
  return going.filter((span) => span.rank === rank);
}

/**
 * Whether a session still has a tariff that ended before it was opened: its driver had signed, and the block came late.
 * @param openedAtSeconds Time of the block that opened it.
 */
export function isWithinGrace(endedAtSeconds: number, openedAtSeconds: number, graceSeconds: number): boolean {
  return openedAtSeconds <= endedAtSeconds + graceSeconds;
}

/** What one change does to one scope; what is so already is not named. */
export interface AssignmentStep extends TariffScope {
  readonly tariffId: string;
  readonly step: "assigned" | "ended";
}

/**
 * What it takes until the wanted tariffs are offered in the scope; done again, it takes nothing.
 * @param isReplacing Every other tariff of the scope ends.
 */
export function stepsToAssign(
  scope: TariffScope,
  current: readonly string[],
  wanted: readonly string[],
  isReplacing: boolean,
): readonly AssignmentStep[] {
  const ended = isReplacing ? current.filter((tariffId) => !wanted.includes(tariffId)) : [];
  const begun = [...new Set(wanted)].filter((tariffId) => !current.includes(tariffId));
  return [
    ...ended.map((tariffId) => ({ ...scope, tariffId, step: "ended" as const })),
    ...begun.map((tariffId) => ({ ...scope, tariffId, step: "assigned" as const })),
  ];
}

/** What it takes until the tariff is not offered in the scope. */
export function stepsToUnassign(
  scope: TariffScope,
  current: readonly string[],
  tariffId: string,
): readonly AssignmentStep[] {
  return current.includes(tariffId) ? [{ ...scope, tariffId, step: "ended" }] : [];
}

/** What is offered in the scope after these steps, of which those of other scopes say nothing. */
export function tariffsAfter(
  scope: TariffScope,
  current: readonly string[],
  steps: readonly AssignmentStep[],
): readonly string[] {
  const own = steps.filter((step) => isSameScope(step, scope));
  const ended = new Set(own.filter(({ step }) => step === "ended").map(({ tariffId }) => tariffId));
  const begun = own.filter(({ step }) => step === "assigned").map(({ tariffId }) => tariffId);
  return [...current.filter((tariffId) => !ended.has(tariffId)), ...begun];
}
