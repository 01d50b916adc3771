/**
 * The insight part of the dossier room: what can be learned from a dossier by anybody who has it. In comes a dossier that was
 * verified; out go scores of what is unusual and a forecast. Everything is whole numbers, so that a stranger's machine comes
 * to the same report bit for bit. Who calls: `wattproof insight`, and a verifier that draws its sample by risk. Nothing here
 * needs the service or Node.
 */

/** The form of the report. */
export const insightVersion = 1;

/** What the models go by. A report names them; other values give another report. */
export const insightParameters = {
  /** A score from which on a session or a meter is told. 1,000 is the most. */
  alarmScore: 500,
  /** So many sessions of a meter tell what is usual for it; with fewer, nothing is. */
  leastSessions: 12,
  /** How many times the usual spread (median of absolute deviations) gives the full score. */
  fullScoreSpreads: 40,
  /** Spreads are at least this part of the median, in thousandths: meters that hardly vary are not all unusual. */
  leastSpreadPerMille: 50,
  /** Mean power of a session from this part of the EVSE's power on, in thousandths. */
  nearLimitPerMille: 985,
  /** No energy for this long, in seconds. */
  standingSeconds: 1_800,
  /** Energy in whole multiples of this, in 10⁻⁶ Wh. */
  roundMicroWh: 100_000_000,
  /** Days of the season of the forecast. */
  seasonDays: 7,
  /** Of the level's error, the part that the next level takes: one in so many. */
  smoothing: 8,
  /** The last part of the days that is held out of the fit, in thousandths. */
  heldOutPerMille: 200,
  /** Days that are forecast. */
  forecastDays: 7,
} as const;

export type InsightParameters = Readonly<Record<keyof typeof insightParameters, number>>;
