import { dateSeconds } from "../local-time.ts";

const grammar =
  /^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9]):(?<second>[0-5][0-9])(?<fraction>\.[0-9]{1,9})?(?:Z|(?<sign>[+-])(?<zoneHour>[01][0-9]|2[0-3]):(?<zoneMinute>[0-5][0-9]))?$/u;

/**
 * A DateTime of OCPI in seconds since 1970, to the millisecond, or null where it is none. Without a zone it is UTC, as the
 * specification has it, whatever the zone of this machine; nothing else is guessed.
 */
export function ocpiTime(text: string): number | null {
  const {
    day,
    hour,
    minute,
    second,
    fraction = ".0",
    sign,
    zoneHour = "0",
    zoneMinute = "0",
  } = grammar.exec(text)?.groups ?? {};
  const midnight = day === undefined ? null : dateSeconds(day);
  if (midnight === null) return null;
  const clock = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  const offset = (Number(zoneHour) * 3_600 + Number(zoneMinute) * 60) * (sign === "-" ? -1 : 1);
  const milliseconds = Number(fraction.slice(1, 4).padEnd(3, "0"));
  return ((midnight + clock - offset) * 1_000 + milliseconds) / 1_000;
}
