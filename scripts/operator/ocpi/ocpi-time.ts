const grammar =
  /^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?<fraction>\.[0-9]{1,9})?(?<zone>Z|[+-][0-9]{2}:[0-9]{2})?$/u;

/**
 * A DateTime of OCPI in seconds since 1970, or null where it is none. Without a zone it is UTC, as the specification has it,
 * whatever the zone of this machine; nothing else is guessed.
 */
export function ocpiTime(text: string): number | null {
  const { day = "", time = "", fraction = "", zone = "Z" } = grammar.exec(text)?.groups ?? {};
  if (day === "") return null;
  const milliseconds = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${zone}`);
  if (Number.isNaN(milliseconds)) return null;
  // A day that does not exist is taken for one of the next month by some readers of dates.
  const isReal = new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().startsWith(day);
  return isReal ? milliseconds / 1_000 : null;
}
