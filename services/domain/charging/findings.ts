/**
 * What a finding does. `notice`: nothing, it is shown. `suspicion`: unsigned energy does not settle by itself unless the
 * operator's policy says so. `unresolved`: energy may have flowed that nobody has understood yet, so unsigned energy is
 * held and no policy settles it. `dispute`: unsigned energy is disputed. A signed value that covers the session overrules
 * these three. `signed-dispute`: the signed evidence itself is in doubt, and nothing overrules that.
 */
export type FindingSeverity = "notice" | "suspicion" | "unresolved" | "dispute" | "signed-dispute";

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
  NO_READING: { severity: "dispute", title: "There is no reading of an energy register that counts." },
  REGISTER_RESET: {
    severity: "dispute",
    title: "The register ran backwards; what flowed around the reset is unknown.",
  },
  STEP_IMPLAUSIBLE: { severity: "dispute", title: "The register rose faster than the station can deliver." },
  UNIT_FAULT: { severity: "dispute", title: "Energy and power, or unsigned and signed energy, differ by about 1000." },
  READINGS_CONTRADICT: { severity: "dispute", title: "The register has two values at one time." },
  START_CONTRADICTED: { severity: "dispute", title: "Two different starts name this transaction." },
  STOP_CONTRADICTED: { severity: "dispute", title: "A later, different stop names this transaction." },

  // Signed evidence in doubt.
  SIGNED_RECORD_REPLAYED: { severity: "signed-dispute", title: "A signed record counts in another session already." },
  SIGNED_RECORDS_CONTRADICT: { severity: "signed-dispute", title: "The signed records do not prove one session." },
  SIGNED_IMPLAUSIBLE: {
    severity: "signed-dispute",
    title: "The signed energy is more than the station can deliver in the time.",
  },
  METERING_OUT_OF_RANGE: { severity: "signed-dispute", title: "The signed values are beyond what can be settled." },

  // Signed values that were claimed and do not count: the energy is unsigned, and suspicious.
  SIGNED_VALUE_INVALID: { severity: "suspicion", title: "A signed value does not verify under the registered key." },
  SIGNED_VALUE_UNREADABLE: { severity: "suspicion", title: "A signed value cannot be taken out of its message." },
  SIGNED_ID_MISMATCH: { severity: "suspicion", title: "A signed value names another user." },
  SIGNED_METER_MISMATCH: { severity: "suspicion", title: "A signed value names another meter." },
  SIGNED_TIME_OUTSIDE: { severity: "suspicion", title: "A signed value was not taken during this transaction." },
  SIGNED_PAGINATION_STALE: { severity: "suspicion", title: "A signed value is older than one of an earlier session." },

  // What the station did beside this transaction, while the session was open.
  SESSION_CONTINUED_ELSEWHERE: {
    severity: "unresolved",
    title: "Another transaction of the station began with this session's idTag.",
  },
  OPEN_TRANSACTION_AT_EVSE: {
    severity: "unresolved",
    title: "Another transaction is open at the EVSE and belongs to no session.",
  },
  ENERGY_UNMATCHED: {
    severity: "unresolved",
    title: "The station reported energy at the EVSE that belongs to no transaction.",
  },

  // Shown, and without consequence for the grade.
  SIGNED_VALUE_UNSUPPORTED: { severity: "notice", title: "A signed value is in a form that is not implemented." },
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
  READING_QUARANTINED: { severity: "notice", title: "A reading breaks the protocol; it does not count." },
  MESSAGE_FAULTY: { severity: "notice", title: "A message breaks the protocol outside of its readings." },
  READING_OUTSIDE_TRANSACTION: { severity: "notice", title: "A reading is from before the begin or after the end." },
  STATION_METER_IGNORED: { severity: "notice", title: "Values of the whole station's meter came along." },
  OTHER_LOCATION_USED: { severity: "notice", title: "The register is not the one at the outlet." },
  PHASES_SUMMED: { severity: "notice", title: "The register is the sum of three phases." },
  INTERVALS_SUMMED: { severity: "notice", title: "There is no register; the energy is the sum of intervals." },

  // Of what arrives after settlement.
  LATE_MESSAGE: { severity: "notice", title: "A message arrived after the transaction was settled." },
  LATE_CONTRADICTION: { severity: "notice", title: "With what arrived after settlement the energy would be another." },
} as const satisfies Record<string, { severity: FindingSeverity; title: string }>;

export type FindingCode = keyof typeof findingCatalogue;

export function severityOf(code: FindingCode): FindingSeverity {
  return findingCatalogue[code].severity;
}

const catalogueOrder: readonly string[] = Object.keys(findingCatalogue);

/** Each code once, in the order of the catalogue: the same findings always read the same. */
export function sortFindings(codes: Iterable<FindingCode>): readonly FindingCode[] {
  return [...new Set(codes)].sort((left, right) => catalogueOrder.indexOf(left) - catalogueOrder.indexOf(right));
}
