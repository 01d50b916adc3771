import type { DriftFeatures, SessionFeatures } from "./features.ts";
import type { InsightParameters } from "./parameters.ts";

/** What can be unusual. */
export const anomalyKinds = [
  "power-unusual",
  "power-near-limit",
  "energy-unusual",
  "duration-unusual",
  "sessions-overlap",
  "register-stands",
  "energy-repeated",
  "energy-round",
  "standby-unusual",
  "begins-regular",
  "settled-otherwise",
] as const;

export type AnomalyKind = (typeof anomalyKinds)[number];

/** One thing that is unusual. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly meter: number;
  /** `null` where it is said of the meter's sessions together. */
  readonly sessionId: string | null;
  readonly place: number | null;
  /** 1 to 1,000. */
  readonly score: number;
}

const fullScore = 1_000n;

/**
 * Scores what is unusual, each session against the others of its meter: by how many spreads (median of absolute deviations)
 * it is off the median. Nothing of it proves anything; it says where to look first.
 */
export function findAnomalies(
  sessions: readonly SessionFeatures[],
  drifts: readonly DriftFeatures[],
  parameters: InsightParameters,
): readonly Anomaly[] {
  const found: Anomaly[] = [...overlapsOf(sessions), ...driftsOf(drifts)];
  for (const [meter, own] of Map.groupBy(sessions, (session) => session.meter)) {
    found.push(...limitsOf(own, parameters));
    if (own.length < parameters.leastSessions) continue;
    found.push(...unusual("power-unusual", own.filter(isCharging), ({ powerMilliW }) => powerMilliW, parameters));
    found.push(...unusual("energy-unusual", own.filter(isCharging), ({ energyMicroWh }) => energyMicroWh, parameters));
    found.push(...unusual("duration-unusual", own, (one) => BigInt(one.endSeconds - one.beginSeconds), parameters));
    found.push(...standbyOf(own, parameters), ...repeatedOf(own), ...roundOf(meter, own, parameters));
    found.push(...regularOf(meter, own));
  }
  return found.toSorted(
    (left, right) =>
      right.score - left.score ||
      left.meter - right.meter ||
      (left.place ?? -1) - (right.place ?? -1) ||
      anomalyKinds.indexOf(left.kind) - anomalyKinds.indexOf(right.kind),
  );
}

/** The highest score of each session, by its place. */
export function risksOf(anomalies: readonly Anomaly[]): ReadonlyMap<number, number> {
  const risks = new Map<number, number>();
  for (const { place, score } of anomalies) {
    if (place !== null) risks.set(place, Math.max(score, risks.get(place) ?? 0));
  }
  return risks;
}

/** The lower of the two in the middle, where there are two. */
export function medianOf(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] ?? 0n;
}

function isCharging({ energyMicroWh }: SessionFeatures): boolean {
  return energyMicroWh > 0n;
}

function of({ meter, sessionId, place }: SessionFeatures, kind: AnomalyKind, score: bigint): Anomaly {
  return { kind, meter, sessionId, place, score: Number(score > fullScore ? fullScore : score) };
}

function unusual(
  kind: AnomalyKind,
  sessions: readonly SessionFeatures[],
  valueOf: (session: SessionFeatures) => bigint,
  { fullScoreSpreads, leastSpreadPerMille, leastSessions }: InsightParameters,
): readonly Anomaly[] {
  if (sessions.length < leastSessions) return [];
  const median = medianOf(sessions.map(valueOf));
  const measured = medianOf(sessions.map((session) => distance(valueOf(session), median)));
  const least = (median * BigInt(leastSpreadPerMille)) / 1_000n;
  const spread = measured > least ? measured : least;
  if (spread === 0n) return [];
  return sessions.flatMap((session) => {
    const score = (fullScore * distance(valueOf(session), median)) / (spread * BigInt(fullScoreSpreads));
    return score === 0n ? [] : [of(session, kind, score)];
  });
}

function distance(left: bigint, right: bigint): bigint {
  return left < right ? right - left : left - right;
}

/** What the EVSE's power and time say by themselves. */
function limitsOf(
  sessions: readonly SessionFeatures[],
  { nearLimitPerMille, standingSeconds }: InsightParameters,
): readonly Anomaly[] {
  return sessions.flatMap((session) => {
    const { powerMilliW, maximumPowerW, energyMicroWh, beginSeconds, endSeconds } = session;
    const found: Anomaly[] = [];
    if (powerMilliW >= BigInt(maximumPowerW) * BigInt(nearLimitPerMille)) {
      found.push(of(session, "power-near-limit", fullScore));
    }
    if (energyMicroWh === 0n && endSeconds - beginSeconds >= standingSeconds) {
      found.push(of(session, "register-stands", fullScore));
    }
    return found;
  });
}

/** Two sessions at one EVSE at the same time. */
function overlapsOf(sessions: readonly SessionFeatures[]): readonly Anomaly[] {
  const found: Anomaly[] = [];
  for (const own of Map.groupBy(sessions, ({ evse }) => evse).values()) {
    const sorted = own.toSorted((left, right) => left.beginSeconds - right.beginSeconds || left.place - right.place);
    let latest: SessionFeatures | null = null;
    for (const session of sorted) {
      if (latest !== null && session.beginSeconds < latest.endSeconds) {
        found.push(of(session, "sessions-overlap", fullScore));
      }
      if (latest === null || session.endSeconds > latest.endSeconds) latest = session;
    }
  }
  return found;
}

/** What the register counted between sessions, for each hour. */
function standbyOf(sessions: readonly SessionFeatures[], parameters: InsightParameters): readonly Anomaly[] {
  const after = sessions.filter(({ sinceMicroWh, sinceSeconds }) => sinceMicroWh !== null && (sinceSeconds ?? 0) > 0);
  const perHour = ({ sinceMicroWh, sinceSeconds }: SessionFeatures): bigint =>
    ((sinceMicroWh ?? 0n) * 3_600n) / BigInt(sinceSeconds ?? 1);
  // What a charging point needs for itself is some watts; below that nothing is unusual.
  const leastMicroWh = 20_000_000n;
  return unusual("standby-unusual", after, (session) => perHour(session) + leastMicroWh, parameters);
}

/** Whole watt-hours repeat by chance. */
const coarseMicroWh = 1_000_000n;

/** The same energy to the last digit below a watt-hour as another session of the meter: a copy. */
function repeatedOf(sessions: readonly SessionFeatures[]): readonly Anomaly[] {
  const charging = sessions.filter(({ energyMicroWh }) => energyMicroWh % coarseMicroWh !== 0n);
  const groups = [...Map.groupBy(charging, ({ energyMicroWh }) => energyMicroWh).values()];
  const repeated = groups.filter((group) => group.length > 1);
  const share = repeated.reduce((sum, group) => sum + group.length, 0);
  // Where many are alike, that is the meter's resolution.
  if (share * 10 > charging.length) return [];
  return repeated.flatMap((group) => group.slice(1).map((session) => of(session, "energy-repeated", 700n)));
}

/** Too many sessions whose energy is a round number. One in ten thousand is round by chance where a meter shows Wh. */
function roundOf(
  meter: number,
  sessions: readonly SessionFeatures[],
  { roundMicroWh }: InsightParameters,
): readonly Anomaly[] {
  const charging = sessions.filter(isCharging);
  const round = charging.filter(({ energyMicroWh }) => energyMicroWh % BigInt(roundMicroWh) === 0n);
  // A meter that shows tenths of a kWh has no others.
  if (round.length < 3 || round.length === charging.length) return [];
  const score = (fullScore * 4n * BigInt(round.length)) / BigInt(charging.length);
  return [
    { kind: "energy-round", meter, sessionId: null, place: null, score: Number(score > fullScore ? fullScore : score) },
  ];
}

/** Sessions that begin at equal distances, as no driver does. */
function regularOf(meter: number, sessions: readonly SessionFeatures[]): readonly Anomaly[] {
  const distances = sessions.slice(1).map((one, index) => one.beginSeconds - (sessions[index]?.beginSeconds ?? 0));
  const counts = [...Map.groupBy(distances, (seconds) => seconds).values()].map((group) => group.length);
  const most = Math.max(0, ...counts);
  const score = Math.floor((1_000 * most) / Math.max(1, distances.length));
  return most < 4 ? [] : [{ kind: "begins-regular", meter, sessionId: null, place: null, score }];
}

/** Drift between what the meter signed and what was settled by what the charger said. */
function driftsOf(drifts: readonly DriftFeatures[]): readonly Anomaly[] {
  return drifts.flatMap(({ meter, sessionId, settledMicroWh, signedMicroWh }) => {
    const off = distance(settledMicroWh, signedMicroWh);
    if (off === 0n) return [];
    const score = signedMicroWh === 0n ? fullScore : (fullScore * 10n * off) / signedMicroWh;
    const bounded = score > fullScore ? fullScore : score;
    return [{ kind: "settled-otherwise" as const, meter, sessionId, place: null, score: Number(bounded) }];
  });
}
