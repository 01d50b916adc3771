/** How far a meter vouches for a time: unknown, informative, synchronised, relative; `null` if it does not say. */
export type TimeQuality = "U" | "I" | "S" | "R" | null;

/** One signed value of an import register. */
export interface MeterPoint {
  /** The value in 10⁻⁶ Wh, rounded down and rounded up; both are the same for every meter with at most six decimals. */
  readonly floorMicroWh: bigint;
  readonly ceilingMicroWh: bigint;
  readonly epochMs: number;
  readonly timeQuality: TimeQuality;
  readonly hasTimeError: boolean;
}

/** The values of one register in one record, as they count against other records of the same meter. */
export interface RegisterSpan {
  readonly register: string;
  /** The first and the last value, in 10⁻⁶ Wh. */
  readonly beginMicroWh: bigint;
  readonly endMicroWh: bigint;
}

/** What other records of the same key and register say; `null` where there are none. */
export interface RegisterNeighbours {
  /** The greatest last value among the records with a lower pagination. */
  readonly greatestBelowMicroWh: bigint | null;
  /** The smallest first value among the records with a higher pagination. */
  readonly smallestAboveMicroWh: bigint | null;
}

/** What a session delivered, as far as its meter proves it. */
export interface MeteredSession {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  /** Time from plugging in to the end, at least the time charged; of a signed session the same, which is all that is signed. */
  readonly connectedSeconds: number;
}

// The contract takes 64 bits of 10⁻⁶ Wh and 32 bits of seconds (IChargingSettlement.Settlement).
const greatestEnergyMicroWh = (1n << 64n) - 1n;
const greatestSeconds = 2 ** 32 - 1;
/** The greatest register value and pagination number that are stored: 63 bits. */
export const greatestStoredNumber = (1n << 63n) - 1n;

/**
 * A register of a meter never runs backwards, and pagination counts signatures: so a record's values lie between those
 * of the records before and after it. Anything else is a reset, a swap or a forgery.
 */
export function isInOrder(span: RegisterSpan, neighbours: RegisterNeighbours): boolean {
  if (span.endMicroWh < span.beginMicroWh) return false;
  const { greatestBelowMicroWh: below, smallestAboveMicroWh: above } = neighbours;
  return (below === null || span.beginMicroWh >= below) && (above === null || span.endMicroWh <= above);
}

/**
 * Energy and time of a session, rounded to the driver's favour: begin up, end down, seconds down. Time counts only where
 * the meter vouches for both times (S, R or I); whatever cannot be proven is zero.
 * @returns `null` if the values are beyond what can be settled.
 */
export function measure(begin: MeterPoint, end: MeterPoint): MeteredSession | null {
  const difference = end.floorMicroWh - begin.ceilingMicroWh;
  // Two equal values with more than six decimals round to a difference of −1.
  const energyMicroWh = difference < 0n ? 0n : difference;
  const chargingSeconds =
    isTimeProven(begin) && isTimeProven(end) ? Math.max(0, Math.floor((end.epochMs - begin.epochMs) / 1_000)) : 0;
  if (energyMicroWh > greatestEnergyMicroWh || chargingSeconds > greatestSeconds) return null;
  return { energyMicroWh, chargingSeconds, connectedSeconds: chargingSeconds };
}

function isTimeProven(point: MeterPoint): boolean {
  return !point.hasTimeError && (point.timeQuality === "S" || point.timeQuality === "R" || point.timeQuality === "I");
}
