import { formatDecimal, subtractDecimals, toMicroWh, type Decimal } from "../decimal.ts";
import type { MeterPoint } from "../evidence.ts";
import { judgeCompleteness, type Completeness } from "./completeness.ts";
import { findGapsOfCoverage } from "./coverage.ts";
import { placeBeginBehind } from "./begin-behind.ts";
import { chooseEnergySeries, type EnergySeries, type SeriesPoint } from "./energy-series.ts";
import { toldEnergyWh } from "./exactness.ts";
import { severityOf, sortFindings, type FindingCode } from "./findings.ts";
import {
  isTransactionMessage,
  type ReadingSource,
  type StationMessage,
  type TransactionEnded,
  type TransactionMessage,
} from "./message.ts";
import { messageKeyOf, startKeyOf, stopKeyOf } from "./natural-key.ts";
import { findOtherOutlet, partByOutlet } from "./other-outlet.ts";
import { readInOneZone } from "./one-zone.ts";
import { setOutliersAside } from "./outliers.ts";
import { findReboots } from "./reboots.ts";
import { walkRegister, type RegisterWalk, type StationProfile } from "./register-walk.ts";
import { findBreaksOfContinuity, type RegisterSpan } from "./outlet-continuity.ts";
import { judgeSigned, type SignedEvidence, type SignedOutcome } from "./signed-evidence.ts";
import { estimateClockSkewMs, judgeClockSkew } from "./station-time.ts";
import { comparePowerWithRegister, isUnitFault } from "./unit-check.ts";

/** How well the energy of a transaction is proven, best first. */
export type EvidenceGrade = "meter-signed-bound" | "meter-signed" | "plausible-unsigned" | "disputed";

/** Everything that is known of one transaction. Order and repetition of the messages make no difference. */
export interface AssessmentInput {
  /** The transaction's messages; boots of its station may be among them. */
  readonly messages: readonly StationMessage[];
  readonly station: StationProfile;
  readonly signed: SignedEvidence | null;
  /** The idTag that was derived from the session; `null` where the station started by itself. */
  readonly sessionIdTag: string | null;
  /** What is known of the station beside this transaction: findings that no message of it shows. */
  readonly circumstances?: readonly FindingCode[];
  /** When something said that the transaction is over although its stop is missing, by our clock. */
  readonly overSinceMs?: number | null;
  /** What the register of the outlet showed outside of this transaction, in any order. */
  readonly outlet?: readonly RegisterSpan[];
}

/** A register value that the energy was counted from or to. */
export interface AssessedPoint {
  /** Canonical decimal; a signed value is cut off after 10⁻⁶ Wh. */
  readonly registerWh: string;
  readonly epochMs: number;
  /** `signed`: from a signed record. `sum`: of phases or intervals. */
  readonly source: ReadingSource | "sum" | "signed";
  /** As the station gave it; `null` for signed values, as is the frame. */
  readonly context: string | null;
  readonly frameId: string | null;
}

export interface AssessedSegment {
  readonly begin: AssessedPoint;
  readonly end: AssessedPoint;
  readonly energyWh: string;
}

/** What the evidence of a transaction gives. */
export interface TransactionAssessment {
  readonly grade: EvidenceGrade;
  /** The codes that made the grade, in the order of the catalogue. Never empty. */
  readonly reasons: readonly FindingCode[];
  /** All other findings, in the order of the catalogue. */
  readonly flags: readonly FindingCode[];
  /** What the evidence supports, in 10⁻⁶ Wh, rounded down. Of a disputed transaction: what no dispute touches. */
  readonly energyMicroWh: bigint;
  /** The same as an exact canonical decimal; unsigned energy is told to 10⁻⁶ Wh, because stations compute with doubles. */
  readonly energyWh: string;
  /** Last minus first unsigned register value, plausible or not and maybe negative: what the station claims. */
  readonly claimedEnergyWh: string | null;
  readonly chargingSeconds: number;
  readonly begin: AssessedPoint | null;
  readonly end: AssessedPoint | null;
  /** The stretches of the unsigned register that were counted; one of a signed session. */
  readonly segments: readonly AssessedSegment[];
  readonly completeness: Completeness["kind"];
  readonly missingSequenceNumbers: readonly number[];
  /** The station has said that the transaction ended. */
  readonly isEnded: boolean;
}

/** Signed and unsigned energy may differ by one quantum of the unsigned register, and by no less than 1 Wh. */
const leastDifferenceMicroWh = 1_000_000n;

/** Assesses a transaction: a pure function of the set of its messages and of what was signed. */
export function assessTransaction(input: AssessmentInput): TransactionAssessment {
  const messages = readInOneZone(distinctMessages(input.messages));
  const ends = messages.filter((message) => message.kind === "transaction-ended");
  const [ended = null] = ends;
  const { own, foreign } = partByOutlet(messages);
  const series = chooseEnergySeries(own, ended);
  const { station, outlet = [], overSinceMs = null } = input;
  const { points: counting, findings: outliers } = setOutliersAside(series.points, station);
  const { points, isCorrected, waitedMs } = placeBeginBehind(messages, counting, station);
  const walk = walkRegister(points, station);
  const completeness = judgeCompleteness(messages);
  const outcome = judgeSigned(input.signed, signedContextOf(input, messages, ended));

  const gaps = [
    ...findOtherOutlet(foreign, points),
    ...findReboots(input.messages, messages, points, station),
    ...findGapsOfCoverage({ messages, ended, series, points, walk, overSinceMs, station }),
    ...findBreaksOfContinuity({ series, points, walk, waitedMs, outlet, station }),
  ];
  const units = findingsOfUnits(input, messages, { counting, all: series.points }, outcome);
  // A break says more than what it leaves open, and a signed value that covers the session leaves nothing open.
  const isAnswered = outcome.kind === "covers" || walk.findings.some((code) => severityOf(code) === "dispute");
  const findings: FindingCode[] = [
    ...(input.circumstances ?? []),
    ...series.findings,
    ...outliers,
    ...walk.findings,
    ...completeness.findings,
    ...outcome.findings,
    ...findingsOfMessages(messages, ends),
    ...(isCorrected ? (["TIME_CORRECTED"] as const) : []),
    ...gaps.filter((code) => {
      // A wrong unit explains why power and register contradict each other.
      if (code === "POWER_CONTRADICTS") return !units.includes("UNIT_FAULT");
      return !isAnswered || severityOf(code) !== "unresolved";
    }),
    ...units,
  ];
  const shared = {
    claimedEnergyWh: claimedEnergyOf(series),
    completeness: completeness.kind,
    missingSequenceNumbers: completeness.missingSequenceNumbers,
    isEnded: ended !== null,
  };
  return outcome.kind === "covers"
    ? { ...shared, ...signedResult(input, outcome, findings) }
    : { ...shared, ...unsignedResult(walk, findings) };
}

function signedResult(
  input: AssessmentInput,
  outcome: SignedOutcome,
  findings: readonly FindingCode[],
): Omit<TransactionAssessment, "claimedEnergyWh" | "completeness" | "missingSequenceNumbers" | "isEnded"> {
  const judgement = input.signed?.judgement;
  if (judgement?.kind !== "complete" || outcome.metered === null) throw new RangeError("Nothing signed covers it.");
  const begin = signedPoint(judgement.begin, judgement.begin.ceilingMicroWh);
  const end = signedPoint(judgement.end, judgement.end.floorMicroWh);
  return {
    grade: outcome.isBound ? "meter-signed-bound" : "meter-signed",
    reasons: [outcome.isBound ? "SIGNED_AND_BOUND" : "SIGNED"],
    flags: sortFindings(findings),
    energyMicroWh: outcome.metered.energyMicroWh,
    energyWh: judgement.energyWh,
    chargingSeconds: outcome.metered.chargingSeconds,
    begin,
    end,
    segments: [{ begin, end, energyWh: judgement.energyWh }],
  };
}

function unsignedResult(
  walk: RegisterWalk,
  findings: readonly FindingCode[],
): Omit<TransactionAssessment, "claimedEnergyWh" | "completeness" | "missingSequenceNumbers" | "isEnded"> {
  const disputes = findings.filter((code) => ["dispute", "signed-dispute"].includes(severityOf(code)));
  const doubts = findings.filter((code) => ["suspicion", "unresolved"].includes(severityOf(code)));
  const isDisputed = disputes.length > 0;
  const reasons: readonly FindingCode[] = isDisputed ? disputes : ["UNSIGNED", ...doubts];
  // Which of two units is the wrong one cannot be told, and so no number is right.
  const energyWh: Decimal = findings.includes("UNIT_FAULT") ? { unscaled: 0n, scale: 0 } : toldEnergyWh(walk.energyWh);
  const segments = walk.segments.map((segment) => ({
    begin: assessedPoint(segment.begin),
    end: assessedPoint(segment.end),
    energyWh: formatDecimal(toldEnergyWh(segment.energyWh)),
  }));
  const durations = walk.segments.map(({ begin, end }) => Math.floor((end.time.epochMs - begin.time.epochMs) / 1_000));
  return {
    grade: isDisputed ? "disputed" : "plausible-unsigned",
    reasons: sortFindings(reasons),
    flags: sortFindings(findings.filter((code) => !reasons.includes(code))),
    energyMicroWh: toMicroWh(energyWh, "down"),
    energyWh: formatDecimal(energyWh),
    chargingSeconds: durations.reduce((sum, seconds) => sum + seconds, 0),
    begin: segments[0]?.begin ?? null,
    end: segments.at(-1)?.end ?? null,
    segments,
  };
}

/** Each message once, the first copy to arrive, in the order of arrival. */
function distinctMessages(messages: readonly StationMessage[]): TransactionMessage[] {
  const sorted = messages.filter(isTransactionMessage).sort(compareArrival);
  const known = new Set<string>();
  return sorted.filter((message) => {
    const key = messageKeyOf(message);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

function compareArrival(left: StationMessage, right: StationMessage): number {
  if (left.receivedAtMs !== right.receivedAtMs) return left.receivedAtMs - right.receivedAtMs;
  // Frames are numbered, and a longer number is a greater one.
  if (left.frameId.length !== right.frameId.length) return left.frameId.length - right.frameId.length;
  return left.frameId < right.frameId ? -1 : left.frameId > right.frameId ? 1 : 0;
}

function signedContextOf(
  { sessionIdTag, station }: AssessmentInput,
  messages: readonly TransactionMessage[],
  ended: TransactionEnded | null,
): Parameters<typeof judgeSigned>[1] {
  return {
    sessionIdTag,
    idTokens: messages.flatMap(({ idToken }) => (idToken === null ? [] : [idToken])),
    startedAtMs: messages.find(({ kind }) => kind === "transaction-started")?.time?.epochMs ?? null,
    endedAtMs: ended?.time?.epochMs ?? null,
    ratedPowerW: station.ratedPowerW,
  };
}

function findingsOfMessages(messages: readonly TransactionMessage[], ends: readonly TransactionEnded[]): FindingCode[] {
  const findings: FindingCode[] = [];
  const starts = messages.filter((message) => message.kind === "transaction-started");
  if (new Set(starts.map(startKeyOf)).size > 1) findings.push("START_CONTRADICTED");
  if (new Set(ends.map(stopKeyOf)).size > 1) findings.push("STOP_CONTRADICTED");
  const skew = judgeClockSkew(estimateClockSkewMs(messages));
  if (skew !== null) findings.push(skew);
  for (const { faults, readings, signed, time } of messages) {
    const isCorrected = [time, ...readings.map((reading) => reading.time)].some(
      (told) => told?.reportedEpochMs !== undefined,
    );
    if (isCorrected) findings.push("TIME_CORRECTED");
    const forms = faults.filter(({ code }) => code === "VALUE_FORM" || code === "TIME_WITHOUT_ZONE");
    if (forms.some(({ code }) => code === "VALUE_FORM")) findings.push("READING_FORM_WRONG");
    const parts = [...forms, ...[...readings, ...signed].flatMap((part) => part.faults)];
    const ofParts = new Set(parts.map(({ path }) => path));
    if (faults.some(({ path }) => !ofParts.has(path))) findings.push("MESSAGE_FAULTY");
    for (const container of signed) {
      if (container.record !== null) continue;
      const isUnsupported = container.faults.some(({ code }) => code === "SIGNED_VALUE_UNSUPPORTED");
      findings.push(isUnsupported ? "SIGNED_VALUE_UNSUPPORTED" : "SIGNED_VALUE_UNREADABLE");
    }
  }
  return findings;
}

function findingsOfUnits(
  input: AssessmentInput,
  messages: readonly TransactionMessage[],
  { counting, all: points }: { readonly counting: readonly SeriesPoint[]; readonly all: readonly SeriesPoint[] },
  outcome: SignedOutcome,
): FindingCode[] {
  const findings: FindingCode[] = [];
  const flows = comparePowerWithRegister(messages, counting);
  if (flows !== null && isUnitFault(flows.byRegister, flows.byPower)) findings.push("UNIT_FAULT");
  const [first] = points;
  const last = points.at(-1);
  const judgement = input.signed?.judgement;
  const isCovered = outcome.kind === "covers" && judgement?.kind === "complete" && outcome.metered !== null;
  if (first === undefined || last === undefined || !isCovered) return findings;

  const { energyMicroWh } = outcome.metered;
  const reference = {
    energyWh: { unscaled: energyMicroWh, scale: 6 },
    durationMs: judgement.end.epochMs - judgement.begin.epochMs,
  };
  // The unit may be wrong in the values of one kind only, so the last sample is looked at as well as the end.
  const lasts = [last, points.findLast(({ role }) => role === "between") ?? last];
  const isFault = lasts.some(({ registerWh, time }) =>
    isUnitFault(
      { energyWh: subtractDecimals(registerWh, first.registerWh), durationMs: time.epochMs - first.time.epochMs },
      reference,
    ),
  );
  if (isFault) findings.push("UNIT_FAULT");
  const claimed = toMicroWh(subtractDecimals(last.registerWh, first.registerWh), "down");
  const difference = claimed > energyMicroWh ? claimed - energyMicroWh : energyMicroWh - claimed;
  const quanta = [first, last].map(({ quantumWh }) => toMicroWh(quantumWh, "up"));
  const limit = [leastDifferenceMicroWh, ...quanta].reduce((most, quantum) => (quantum > most ? quantum : most));
  if (difference > limit) findings.push("UNSIGNED_DIFFERS");
  return findings;
}

function claimedEnergyOf({ points }: EnergySeries): string | null {
  const [first] = points;
  const last = points.at(-1);
  return first === undefined || last === undefined
    ? null
    : formatDecimal(toldEnergyWh(subtractDecimals(last.registerWh, first.registerWh)));
}

function assessedPoint({ registerWh, time, source, context, frameId }: SeriesPoint): AssessedPoint {
  return { registerWh: formatDecimal(registerWh), epochMs: time.epochMs, source, context, frameId };
}

function signedPoint({ epochMs }: MeterPoint, registerMicroWh: bigint): AssessedPoint {
  const registerWh = formatDecimal({ unscaled: registerMicroWh, scale: 6 });
  return { registerWh, epochMs, source: "signed", context: null, frameId: null };
}
