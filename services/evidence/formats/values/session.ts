import { compareDecimals, subtractDecimals, type Decimal } from "../../../domain/decimal.ts";
import { refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Refusal, Unsupported } from "../ocmf/types.ts";
import type { ValueRole } from "./found-value.ts";
import { energyOfValue, type SignedReading, type SignedValue, type ValueVerdict } from "./value.ts";

/** A value of a session with what its container claims of it. */
export interface ValueOfSession {
  readonly format: string;
  readonly verdict: ValueVerdict;
  /** The text of the key with which it was judged. */
  readonly key: string | null;
  readonly role: ValueRole;
}

export interface SessionEnergy {
  readonly verdict: "accepted";
  /** In the order of what is signed. */
  readonly values: readonly SignedValue[];
  /** `null` where the session has one reading only. */
  readonly energyWh: Decimal | null;
}

interface Reading extends ValueOfSession {
  readonly verdict: SignedValue;
  readonly reading: SignedReading;
}

/**
 * What the values of one session prove together. All must be accepted and be of one meter, register, key and user. Signed
 * counters put them in order, and signed times where there are none; what a container calls begin and end has to agree
 * with it. The register never falls, and the energy is the last reading minus the first.
 */
export function judgeValues(values: readonly ValueOfSession[]): SessionEnergy | Refusal | Unsupported {
  return withVerdict(() => {
    for (const { verdict } of values) {
      if (verdict.verdict !== "accepted") return verdict;
    }
    const accepted = values.map((value) => ({ ...value, verdict: requireAccepted(value.verdict) }));
    const [only, second] = accepted;
    if (only === undefined) return refuse("SIGNED_VALUE_FIELD_MISSING", "there is no value");
    if (second === undefined) {
      return { verdict: "accepted" as const, values: [only.verdict], energyWh: energyOfValue(only.verdict) };
    }

    const readings = accepted.map((value) => requireReading(value));
    requireSameSource(readings);
    const ordered = inOrder(readings);
    return {
      verdict: "accepted" as const,
      values: ordered.map(({ verdict }) => verdict),
      energyWh: energyOf(ordered),
    };
  });
}

function requireAccepted(verdict: ValueVerdict): SignedValue {
  return verdict.verdict === "accepted" ? verdict : refuse(verdict.reason, verdict.detail);
}

/** A value that carries the energy itself stands alone: what two of them have in common nobody says. */
function requireReading(value: ValueOfSession & { readonly verdict: SignedValue }): Reading {
  const { reading } = value.verdict;
  return reading === null
    ? refuse("SIGNED_SESSION_REPLAY", "two values claim the energy of one session")
    : { ...value, reading };
}

function requireSameSource(readings: readonly Reading[]): void {
  const isSame = (part: (reading: Reading) => string | null): boolean =>
    new Set(readings.map((reading) => part(reading))).size === 1;
  if (!isSame(({ key }) => (key ?? "").replace(/[\s:]/gu, "").toLowerCase())) {
    refuse("SIGNED_SESSION_KEY_MISMATCH", "the values were signed with different keys");
  }
  if (!isSame(({ format, verdict }) => `${format} ${verdict.meter} ${verdict.register}`)) {
    refuse("SIGNED_SESSION_METER_MISMATCH", "meter, register or format differ");
  }
  if (!isSame(({ verdict }) => verdict.identification)) {
    refuse("SIGNED_SESSION_IDENTIFICATION_MISMATCH", "the identifications differ");
  }
}

function inOrder(readings: readonly Reading[]): readonly Reading[] {
  const ordered = readings.toSorted((left, right) => compareCounters(left.verdict.counter, right.verdict.counter));
  for (const [index, later] of ordered.entries()) {
    const earlier = ordered[index - 1];
    if (earlier === undefined) continue;
    if (earlier.verdict.counter !== null && earlier.verdict.counter === later.verdict.counter) {
      return refuse("SIGNED_SESSION_REPLAY", `the counter ${earlier.verdict.counter} is there twice`);
    }
    const [before, after] = [earlier.reading.time, later.reading.time];
    if (before !== null && after !== null && after.epochMs < before.epochMs) {
      return refuse("SIGNED_SESSION_ORDER", "a later value has an earlier time");
    }
    if (compareDecimals(later.reading.registerWh, earlier.reading.registerWh) < 0) {
      return refuse("SIGNED_SESSION_DECREASING", "a later value has a lower register");
    }
  }
  return ordered;
}

function compareCounters(left: bigint | null, right: bigint | null): number {
  if (left === null || right === null || left === right) return 0;
  return left < right ? -1 : 1;
}

function energyOf(ordered: readonly Reading[]): Decimal {
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) return refuse("SIGNED_VALUE_FIELD_MISSING", "there is no value");
  const isMisplaced = ordered.some(
    ({ role }, index) => (role === "end" && index < ordered.length - 1) || (role === "begin" && index > 0),
  );
  if (isMisplaced) {
    return refuse("SIGNED_SESSION_ORDER", "what is called begin or end is not the first or the last value");
  }
  if (first.role === "between" || last.role === "between") {
    return refuse("SIGNED_SESSION_INCOMPLETE", "the first or the last value is one from between begin and end");
  }
  return subtractDecimals(last.reading.registerWh, first.reading.registerWh);
}
