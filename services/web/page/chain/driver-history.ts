import { csvText } from "../text/csv.ts";
import type { ChainSession } from "./session-history.ts";

/** What a charge came to, in 10⁻⁶ token and 10⁻⁶ Wh; `null` while it is under way. */
export interface Outcome {
  readonly paidMicro: bigint;
  readonly returnedMicro: bigint;
  readonly energyMicroWh: bigint;
}

export function outcomeOf({ ending }: ChainSession): Outcome | null {
  switch (ending.kind) {
    case "live":
      return null;
    case "settled":
      return {
        paidMicro: ending.chargedMicro,
        returnedMicro: ending.returnedMicro,
        energyMicroWh: ending.energyMicroWh,
      };
    case "agreed":
      return { paidMicro: ending.chargedMicro, returnedMicro: ending.returnedMicro, energyMicroWh: 0n };
    case "expired":
    case "released":
      return { paidMicro: 0n, returnedMicro: ending.returnedMicro, energyMicroWh: 0n };
  }
}

/** The charges of one month, newest first, with their sums. */
export interface Month {
  /** Year and month of the device's time zone, like 2026-11. */
  readonly id: string;
  /** A time in the month, in seconds since 1970. */
  readonly at: number;
  readonly sessions: readonly ChainSession[];
  readonly paidMicro: bigint;
  readonly energyMicroWh: bigint;
}

/** Charges by the month in which they began, newest month first. */
export function monthsOf(sessions: readonly ChainSession[]): readonly Month[] {
  const groups = Map.groupBy(sessions, ({ opening }) => monthOf(opening.openedAt));
  return [...groups.entries()]
    .map(([id, members]) => {
      const outcomes = members.flatMap((session) => outcomeOf(session) ?? []);
      return {
        id,
        at: members[0]?.opening.openedAt ?? 0,
        sessions: members.toSorted((left, right) => right.opening.openedAt - left.opening.openedAt),
        paidMicro: outcomes.reduce((sum, { paidMicro }) => sum + paidMicro, 0n),
        energyMicroWh: outcomes.reduce((sum, { energyMicroWh }) => sum + energyMicroWh, 0n),
      };
    })
    .sort((left, right) => right.id.localeCompare(left.id));
}

/** The year in which a charge began, by the device's time zone. */
export function yearOf({ opening }: ChainSession): number {
  return new Date(opening.openedAt * 1_000).getFullYear();
}

/** The charges of a year as comma-separated values (RFC 4180), exact, with times in UTC: for a tax form or a program. */
export function csvOf(sessions: readonly ChainSession[], symbol: string, placeOf: (evse: number) => string): string {
  const head = ["began", "place", "evse", "energy_kwh", `paid_${symbol}`, `returned_${symbol}`, "ending", "session"];
  const lines = sessions.map((session) => {
    const { opening, terms, sessionId, ending } = session;
    const { paidMicro, returnedMicro, energyMicroWh } = outcomeOf(session) ?? zero;
    return [
      new Date(opening.openedAt * 1_000).toISOString(),
      placeOf(terms.evse),
      String(terms.evse),
      decimal(energyMicroWh, 9),
      decimal(paidMicro, 6),
      decimal(returnedMicro, 6),
      ending.kind,
      sessionId,
    ];
  });
  return csvText([head, ...lines]);
}

const zero: Outcome = { paidMicro: 0n, returnedMicro: 0n, energyMicroWh: 0n };

function monthOf(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

function decimal(value: bigint, scale: number): string {
  const digits = value.toString().padStart(scale + 1, "0");
  const fraction = digits.slice(-scale).replace(/0+$/u, "");
  return fraction === "" ? digits.slice(0, -scale) : `${digits.slice(0, -scale)}.${fraction}`;
}
