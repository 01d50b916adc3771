import { refuse } from "../ocmf/refusal.ts";
import { integerOf, itemsOf, type SmlElement } from "./sml.ts";

/** A time of SML as it is signed (local) and as it is meant (UTC). */
export interface SmlTime {
  readonly localSeconds: number;
  readonly utcSeconds: number;
}

const largest32 = 0xffff_ffffn;
const dayMinutes = 1_440n;

/** Reads a time: seconds since 1970 without or with the offsets of zone and season in minutes. Never a bare index. */
export function readSmlTime(element: SmlElement, what: string): SmlTime {
  const [choice, time] = itemsOf(element);
  const kind = integerOf(choice, `the kind of ${what}`, 0n, 255n);
  if (kind === 2n) {
    const seconds = Number(integerOf(time, what, 0n, largest32));
    return { localSeconds: seconds, utcSeconds: seconds };
  }
  if (kind !== 3n) return refuse("SIGNED_VALUE_TIME_INVALID", `${what} is of kind ${kind}`);
  const [seconds, zone, season] = itemsOf(time);
  const utcSeconds = Number(integerOf(seconds, what, 0n, largest32));
  const offsetMinutes =
    integerOf(zone, `the zone of ${what}`, -dayMinutes, dayMinutes) +
    integerOf(season, `the season of ${what}`, -dayMinutes, dayMinutes);
  const localSeconds = utcSeconds + 60 * Number(offsetMinutes);
  if (localSeconds < 0 || localSeconds > Number(largest32)) {
    return refuse("SIGNED_VALUE_TIME_INVALID", `${what} does not fit into 32 bits`);
  }
  return { localSeconds, utcSeconds };
}
