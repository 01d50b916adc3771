/**
 * The bounds of what is read at all. They are wider than the contract's (which pays for every byte) and narrower than
 * what could exhaust the service: the largest real record seen has 2,062 bytes of payload and four readings.
 */
export const recordLimits = {
  /** The whole record, in bytes. */
  recordBytes: 65_536,
  /** Objects and lists inside each other, the section's own object counted as 1. */
  jsonDepth: 8,
  /** Entries of `RD`. */
  readings: 1_024,
  /** Records of one session: a day of records taken every minute. */
  sessionRecords: 1_440,
  /** The text of a public key, in characters: the longest that OCPP carries has 2,500. */
  publicKeyCharacters: 4_096,
} as const;
