/** A place in the chain's time: a block, and seconds since 1970. */
export interface ChainMoment {
  readonly blockNumber: number;
  readonly atSeconds: number;
}

/** For how long an operator offers a tariff at an EVSE. */
export interface AssignmentSpan {
  readonly tariffId: string;
  /** Sessions that were opened in this block or later have it. */
  readonly since: ChainMoment;
  /** Sessions that were opened in this block or earlier have it; `null`: it goes on. */
  readonly until: ChainMoment | null;
}

/** Whether a tariff was assigned when a session was opened; `ended`: not any more, since `atSeconds`. */
export type AssignmentState =
  { readonly kind: "assigned" } | { readonly kind: "ended"; readonly atSeconds: number } | { readonly kind: "never" };

/**
 * Whether an EVSE offered the tariff in a block. Blocks and not clocks decide, because both sides can look them up.
 * @param spans All spans of the EVSE, past and present, in any order.
 */
export function assignmentAt(spans: readonly AssignmentSpan[], tariffId: string, blockNumber: number): AssignmentState {
  const begun = spans.filter((span) => span.tariffId === tariffId && span.since.blockNumber <= blockNumber);
  let endedAtSeconds: number | null = null;
  for (const { until } of begun) {
    if (until === null || blockNumber <= until.blockNumber) return { kind: "assigned" };
    endedAtSeconds = Math.max(endedAtSeconds ?? 0, until.atSeconds);
  }
  return endedAtSeconds === null ? { kind: "never" } : { kind: "ended", atSeconds: endedAtSeconds };
}

/**
 * Whether a session still has a tariff that ended before it was opened: its driver had signed, and the block came late.
 * @param openedAtSeconds Time of the block that opened it.
 */
export function isWithinGrace(endedAtSeconds: number, openedAtSeconds: number, graceSeconds: number): boolean {
  return openedAtSeconds <= endedAtSeconds + graceSeconds;
}

/** What one change does to one EVSE; what is so already is not named. */
export interface AssignmentStep {
  readonly evse: number;
  readonly tariffId: string;
  readonly step: "assigned" | "ended";
}

/**
 * What it takes until the EVSE offers the wanted tariffs; done again, it takes nothing.
 * @param isReplacing Every other tariff of the EVSE ends.
 */
export function stepsToAssign(
  evse: number,
  current: readonly string[],
  wanted: readonly string[],
  isReplacing: boolean,
): readonly AssignmentStep[] {
  const ended = isReplacing ? current.filter((tariffId) => !wanted.includes(tariffId)) : [];
  const begun = [...new Set(wanted)].filter((tariffId) => !current.includes(tariffId));
  return [
    ...ended.map((tariffId) => ({ evse, tariffId, step: "ended" as const })),
    ...begun.map((tariffId) => ({ evse, tariffId, step: "assigned" as const })),
  ];
}

/** What it takes until the EVSE does not offer the tariff. */
export function stepsToUnassign(evse: number, current: readonly string[], tariffId: string): readonly AssignmentStep[] {
  return current.includes(tariffId) ? [{ evse, tariffId, step: "ended" }] : [];
}

/** What the EVSE offers after these steps, of which those of other EVSEs say nothing. */
export function tariffsAfter(
  evse: number,
  current: readonly string[],
  steps: readonly AssignmentStep[],
): readonly string[] {
  const own = steps.filter((step) => step.evse === evse);
  const ended = new Set(own.filter(({ step }) => step === "ended").map(({ tariffId }) => tariffId));
  const begun = own.filter(({ step }) => step === "assigned").map(({ tariffId }) => tariffId);
  return [...current.filter((tariffId) => !ended.has(tariffId)), ...begun];
}
