/**
 * What a finding does. `notice`: nothing, it is shown. `suspicion`: unsigned energy does not settle by itself unless the
 * operator's policy says so. `unresolved`: energy may have flowed that nobody has understood yet, so unsigned energy is
 * held and no policy settles it. `dispute`: unsigned energy is disputed. A signed value that covers the session overrules
 * these three. `signed-dispute`: the signed evidence itself is in doubt, and nothing overrules that.
 */
export type FindingSeverity = "notice" | "suspicion" | "unresolved" | "dispute" | "signed-dispute";

/** What a finding is. Whatever keeps a session from settling also says what would resolve it. */
type CatalogueEntry =
  | { readonly severity: "notice"; readonly title: string }
  | { readonly severity: Exclude<FindingSeverity, "notice">; readonly title: string; readonly resolvedBy: string };

/**
 * Everything that an assessment can find in a transaction. Codes are stable: they are stored, stand in receipts and on
 * the page, and programs may rely on them.
 */
export const findingCatalogue = {
  // What the grade rests on.
  SIGNED_AND_BOUND: { severity: "notice", title: "The meter signed the energy and, with it, this session's idTag." },
  SIGNED: { severity: "notice", title: "The meter signed the energy, but not this session's idTag." },
  UNSIGNED: { severity: "notice", title: "The energy rests on plausible readings that nobody signed." },

  NOT_STARTED: { severity: "notice", title: "The station never began; nothing flowed and nothing is charged." },

  // Contradictions, resets and gaps of unsigned readings.
  NO_READING: {
    severity: "dispute",
    title: "There is no reading of an energy register that counts.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on what the charger itself shows.",
  },
  SINGLE_READING: {
    severity: "dispute",
    title: "All readings that count are of one moment, and it takes two to tell energy.",
    resolvedBy: "A second reading that counts, a signed value that covers the session, or the operator's decision.",
  },
  TIMES_CONTRADICT: {
    severity: "dispute",
    title: "The transaction ends before it begins, by the times of its readings.",
    resolvedBy: "A signed value that covers the session, or the operator's decision after putting the clock right.",
  },
  REGISTER_RESET: {
    severity: "dispute",
    title: "The register ran backwards; what flowed around the reset is unknown.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision on both stretches and on why the register fell.",
  },
  STEP_IMPLAUSIBLE: {
    severity: "dispute",
    title: "The register rose faster than the station can deliver.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision after looking at the station's power and readings.",
  },
  UNIT_FAULT: {
    severity: "dispute",
    title: "Energy and power, or unsigned and signed energy, differ by about 1000.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision after finding out which unit is wrong.",
  },
  READINGS_CONTRADICT: {
    severity: "dispute",
    title: "The register has two values at one time.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision on which of the two values is right.",
  },
  POWER_CONTRADICTS: {
    severity: "dispute",
    title: "The station reported power, and the register does not show its energy.",
    resolvedBy: "A signed value that covers the session, or the operator's decision after looking at the meter.",
  },
  OTHER_REGISTER_CONTRADICTS: {
    severity: "dispute",
    title: "Another register of the station, its phases or intervals rose far more than the one that is billed.",
    resolvedBy: "A signed value that covers the session, or the operator's decision.",
  },
  START_CONTRADICTED: {
    severity: "dispute",
    title: "Two different starts name this transaction.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on which start is right.",
  },
  STOP_CONTRADICTED: {
    severity: "dispute",
    title: "A later, different stop names this transaction.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on which stop is right.",
  },

  // Signed evidence in doubt.
  SIGNED_RECORD_REPLAYED: {
    severity: "signed-dispute",
    title: "A signed record counts in another session already.",
    resolvedBy: "The operator's decision after finding out in which of the sessions the meter made the record.",
  },
  SIGNED_RECORDS_CONTRADICT: {
    severity: "signed-dispute",
    title: "The signed records do not prove one session.",
    resolvedBy: "The operator's decision after reading the meter itself.",
  },
  SIGNED_IMPLAUSIBLE: {
    severity: "signed-dispute",
    title: "The signed energy is more than the station can deliver in the time.",
    resolvedBy: "The operator's decision after comparing the EVSE's greatest power with what it can deliver.",
  },
  METERING_OUT_OF_RANGE: {
    severity: "signed-dispute",
    title: "The signed values are beyond what can be settled.",
    resolvedBy: "The operator's decision after reading the meter itself.",
  },

  // Signed values that were claimed and do not count: the energy is unsigned, and suspicious.
  SIGNED_VALUE_INVALID: {
    severity: "suspicion",
    title: "A signed value does not verify under the registered key.",
    resolvedBy: "A value that verifies, the meter's right key in the registry, or the operator's decision.",
  },
  SIGNED_VALUE_UNREADABLE: {
    severity: "suspicion",
    title: "A signed value cannot be taken out of its message.",
    resolvedBy: "The record itself over HTTP, or the operator's decision.",
  },
  SIGNED_ID_MISMATCH: {
    severity: "suspicion",
    title: "A signed value names another user.",
    resolvedBy: "A record with this session's idTag or token, or the operator's decision.",
  },
  SIGNED_METER_MISMATCH: {
    severity: "suspicion",
    title: "A signed value names another meter.",
    resolvedBy: "The right serial number in the registry, or the operator's decision.",
  },
  SIGNED_TIME_OUTSIDE: {
    severity: "suspicion",
    title: "A signed value was not taken during this transaction.",
    resolvedBy: "A record of this transaction's time, or the operator's decision.",
  },
  SIGNED_PAGINATION_STALE: {
    severity: "suspicion",
    title: "A signed value is older than one of an earlier session.",
    resolvedBy: "A newer record of the meter, or the operator's decision.",
  },

  // Energy that the readings leave open.
  MESSAGES_MISSING: {
    severity: "unresolved",
    title: "Messages are missing in which energy may have been reported that does not count.",
    resolvedBy: "The missing messages, a signed value that covers the session, or the operator's decision.",
  },
  BEGIN_UNCOVERED: {
    severity: "unresolved",
    title: "The first reading that counts is not of the begin, and energy may have flowed in between.",
    resolvedBy: "A reading of the begin, a signed value that covers the session, or the operator's decision.",
  },
  END_UNCOVERED: {
    severity: "unresolved",
    title: "The last reading that counts is not of the end, and energy may have flowed in between.",
    resolvedBy: "A reading of the end, a signed value that covers the session, or the operator's decision.",
  },
  READING_BEYOND_ENDS: {
    severity: "unresolved",
    title: "A reading from before the begin or after the end shows energy that does not count.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on whose energy it is.",
  },
  INTERVAL_MISSING: {
    severity: "unresolved",
    title: "The energy is a sum of intervals that overlap, or of which one is missing.",
    resolvedBy: "The missing interval, a signed value that covers the session, or the operator's decision.",
  },
  REGISTER_COUNTED_TWICE: {
    severity: "unresolved",
    title: "The register began below what another transaction of the outlet ended with, or ran through what it counts.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision after comparing both transactions and asking whether the meter was reset or replaced.",
  },
  ZERO_BEGIN_UNPROVEN: {
    severity: "unresolved",
    title: "The register began at 0, or at a thousandth of its end, and nothing shows that it was there.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision after looking at the register of the outlet.",
  },
  REGISTER_RESTART_HIDDEN: {
    severity: "unresolved",
    title: "The station booted, and its register may have started over at 0 without a reading that shows so.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision on what flowed before and after the boot.",
  },
  READING_OF_OTHER_OUTLET: {
    severity: "unresolved",
    title: "A register of another outlet rose under the name of this transaction; it does not count.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision after finding out at which outlet it was.",
  },
  ZERO_UNPROVEN: {
    severity: "unresolved",
    title: "The readings show no energy, and do not prove that none flowed.",
    resolvedBy: "Readings of begin and end, a signed value that covers the session, or the operator's decision.",
  },

  // What the station did beside this transaction, while the session was open.
  SESSION_CONTINUED_ELSEWHERE: {
    severity: "unresolved",
    title: "Another transaction of the station began with this session's idTag.",
    resolvedBy:
      "A signed value that covers the session, or the operator's decision on what flowed in both transactions.",
  },
  OPEN_TRANSACTION_AT_EVSE: {
    severity: "unresolved",
    title: "Another transaction is open at the EVSE and belongs to no session.",
    resolvedBy: "The end of the other transaction, a signed value that covers the session, or the operator's decision.",
  },
  ENERGY_UNMATCHED: {
    severity: "unresolved",
    title: "The station reported energy at the EVSE that belongs to no transaction.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on whose energy it is.",
  },
  TRANSACTION_ID_SHARED: {
    severity: "unresolved",
    title: "The station used the transaction's id at two EVSEs at a time, and does not always say at which.",
    resolvedBy: "A signed value that covers the session, or the operator's decision on which readings are whose.",
  },
  LATE_MESSAGES_IGNORED: {
    severity: "unresolved",
    title: "More messages came after the end than are read; all are kept.",
    resolvedBy: "A signed value that covers the session, or the operator's decision after reading the frames.",
  },

  // Shown, and without consequence for the grade.
  SIGNED_VALUE_UNSUPPORTED: { severity: "notice", title: "A signed value is in a form that is not implemented." },
  SIGNED_WITHOUT_COUNTER: {
    severity: "notice",
    title: "The meter signs no counter: a copy is known by its content, and a value that was signed anew is not.",
  },
  SIGNED_VALUE_INCOMPLETE: {
    severity: "notice",
    title: "The signed values do not cover the session from begin to end.",
  },
  ENCLOSED_KEY_DIFFERS: { severity: "notice", title: "The key that came along is not the registered one." },
  UNSIGNED_DIFFERS: { severity: "notice", title: "Unsigned and signed energy differ; the signed energy counts." },
  FIRST_REGISTER_ZERO: {
    severity: "notice",
    title: "The first value was 0 and no reading; counting starts with the next.",
  },
  REGISTER_ROLLOVER: { severity: "notice", title: "The register passed its declared greatest value." },
  BEGIN_READING_MISSING: {
    severity: "notice",
    title: "There is no reading of the begin; counting starts with the first.",
  },
  END_READING_MISSING: { severity: "notice", title: "There is no reading of the end; counting ends with the last." },
  STOP_MISSING: { severity: "notice", title: "The station never said that the transaction ended." },
  SEQUENCE_INCOMPLETE: { severity: "notice", title: "Sequence numbers between start and end are missing." },
  SEQUENCE_CONSTANT: { severity: "notice", title: "All messages carry one sequence number, so nothing can be missed." },
  STATION_REBOOTED: { severity: "notice", title: "The station booted during the transaction." },
  CLOCK_AHEAD: { severity: "notice", title: "The station's clock is more than five minutes ahead." },
  CLOCK_BEHIND_OR_REPLAYED: {
    severity: "notice",
    title: "Every message came more than five minutes after the time it carries.",
  },
  TIME_REFUSED: {
    severity: "notice",
    title: "A reading carries a time before 2020 or in the future; it does not count.",
  },
  TIME_CORRECTED: {
    severity: "notice",
    title: "A time that cannot be, or without zone, was put right by the time of receipt.",
  },
  READING_OUTLIER: {
    severity: "notice",
    title: "A reading contradicts both of its neighbours, which agree; it does not count.",
  },
  BEGIN_REPEATED: { severity: "notice", title: "The reading of the begin was sent again at a later time." },
  READING_FORM_WRONG: {
    severity: "notice",
    title: "A reading is a number of another JSON type than the protocol wants; it counts.",
  },
  READING_QUARANTINED: { severity: "notice", title: "A reading breaks the protocol; it does not count." },
  MESSAGE_FAULTY: { severity: "notice", title: "A message breaks the protocol outside of its readings." },
  READING_OUTSIDE_TRANSACTION: {
    severity: "notice",
    title: "A reading is from before the begin or after the end, or of another outlet.",
  },
  STATION_METER_IGNORED: { severity: "notice", title: "Values of the whole station's meter came along." },
  OTHER_LOCATION_USED: { severity: "notice", title: "The register is not the one at the outlet." },
  PHASES_SUMMED: { severity: "notice", title: "The register is the sum of three phases." },
  INTERVALS_SUMMED: { severity: "notice", title: "There is no register; the energy is the sum of intervals." },

  START_RETRIED: { severity: "notice", title: "The station sent its start again with another time; the first counts." },
  OTHER_SESSION_PRESENTED: {
    severity: "notice",
    title: "The idTag of another session was presented in this transaction; the first counts.",
  },
  STATION_COST_DIFFERS: {
    severity: "notice",
    title: "The station shows another cost than the contract charges; the contract's counts.",
  },

  // Of what arrives after settlement.
  LATE_MESSAGE: { severity: "notice", title: "A message arrived after the transaction was settled." },
  LATE_CONTRADICTION: { severity: "notice", title: "With what arrived after settlement the energy would be another." },
} as const satisfies Record<string, CatalogueEntry>;

export type FindingCode = keyof typeof findingCatalogue;

export function severityOf(code: FindingCode): FindingSeverity {
  return findingCatalogue[code].severity;
}

/** What would resolve the finding, as a sentence for the operator; `null` where nothing has to be resolved. */
export function resolutionOf(code: FindingCode): string | null {
  const entry: CatalogueEntry = findingCatalogue[code];
  return entry.severity === "notice" ? null : entry.resolvedBy;
}

const catalogueOrder: readonly string[] = Object.keys(findingCatalogue);

/** Each code once, in the order of the catalogue: the same findings always read the same. */
export function sortFindings(codes: Iterable<FindingCode>): readonly FindingCode[] {
  return [...new Set(codes)].sort((left, right) => catalogueOrder.indexOf(left) - catalogueOrder.indexOf(right));
}
