import { sessionIdOf } from "../../domain/terms.ts";
import { isShown, type DossierManifest, type DossierMonth, type DossierSession } from "../format/dossier-schema.ts";
import { canonicalText } from "../format/commitment.ts";
import {
  continuityOf,
  gapsMicroWhOf,
  inOrder,
  intervalsOf,
  type Interval,
  type MeterPosition,
} from "../format/continuity.ts";
import { leafOf, rootOf } from "../format/leaves.ts";
import { termsOf } from "./session-terms.ts";
import type { Findings } from "./findings.ts";
import type { Subject } from "./subject.ts";

/** What is remembered of a meter from one of its months to the next. */
export interface MeterProgress {
  readonly sessionIds: Set<string>;
  /** SHA-256 of the records of a meter that does not number them. */
  readonly records: Set<string>;
  position: MeterPosition | null;
  /** Some of its sessions are not shown, so that nobody knows where its register stands. */
  hasHidden: boolean;
}

/** A clock that shows whole seconds may be one second behind. */
const clockToleranceSeconds = 1;

/** Checks one month of one meter for what can be seen without its records. @returns whether all its sessions are shown */
export function checkMonth(
  part: DossierMonth,
  subject: Subject,
  manifest: DossierManifest,
  progress: MeterProgress,
  findings: Findings,
): boolean {
  const where = `meter ${part.meter}, ${part.month}`;
  const shown = part.sessions.filter(isShown);
  for (const session of shown) {
    const place = `${where}, session ${session.sessionId}`;
    if (progress.sessionIds.has(session.sessionId)) findings.add("DOSSIER_SESSION_REPEATED", place);
    progress.sessionIds.add(session.sessionId);
    checkSession(session, part, subject, manifest, place, findings);
    if (subject.meter.hasCounter === false) checkUnnumbered(session, subject, progress, place, findings);
  }
  for (const { sessionId } of part.exclusions) {
    if (progress.sessionIds.has(sessionId)) findings.add("DOSSIER_SESSION_REPEATED", `${where}, session ${sessionId}`);
    progress.sessionIds.add(sessionId);
  }
  const leaves = part.sessions.map((session) => (isShown(session) ? leafOf(session) : session.leaf));
  if (new Set(leaves).size !== leaves.length) findings.add("DOSSIER_SESSION_REPEATED", `${where}: a leaf stands twice`);
  if (rootOf(leaves) !== part.root) findings.add("DOSSIER_ROOT_DIFFERS", where);
  progress.hasHidden ||= shown.length < part.sessions.length;
  if (progress.hasHidden) return false;
  checkContinuity(part, shown, subject, progress, where, findings);
  return true;
}

function checkSession(
  session: DossierSession,
  part: DossierMonth,
  { meter, evse }: Subject,
  manifest: DossierManifest,
  where: string,
  findings: Findings,
): void {
  const { terms, beginSeconds, endSeconds, records } = session;
  const { chainId, contracts } = manifest;
  const domain = { chainId, verifyingContract: contracts.chargingSettlement };
  if (sessionIdOf(termsOf(session), domain) !== session.sessionId) findings.add("DOSSIER_TERMS_DIFFER", where);
  if (terms.operator.toLowerCase() !== manifest.operator.toLowerCase()) {
    findings.add("DOSSIER_OPERATOR_DIFFERS", `${where}: ${terms.operator}`);
  }
  if (terms.meter !== part.meter || terms.evse !== meter.evse) {
    findings.add("DOSSIER_METER_DIFFERS", `${where}: meter ${terms.meter} at EVSE ${terms.evse}`);
  }
  if (records.length === 0) findings.add("DOSSIER_RECORD_MISSING", where);
  if (endSeconds < beginSeconds) findings.add("DOSSIER_TIME_BACKWARDS", where);
  if (endSeconds < manifest.fromSeconds || endSeconds >= manifest.toSeconds || monthOf(endSeconds) !== part.month) {
    findings.add("DOSSIER_TIME_OUTSIDE", where);
  }
  if (beginSeconds < meter.validFrom || endSeconds >= meter.validUntil) findings.add("DOSSIER_KEY_NOT_VALID", where);
  if (endSeconds >= meter.calibrationExpiresAt) findings.add("DOSSIER_CALIBRATION_EXPIRED", where);
  if (isAbovePower(session, Math.min(evse.maximumPowerW, terms.maximumPowerW))) {
    findings.add("DOSSIER_POWER_EXCEEDED", where);
  }
}

/** Without a number a record is known by its content. No number leads from one to another, so that one is the session. */
function checkUnnumbered(
  { records, clock, firstPage, lastPage }: DossierSession,
  { meter }: Subject,
  { records: seen }: MeterProgress,
  where: string,
  findings: Findings,
): void {
  const [record] = records;
  if (record !== undefined && seen.has(record.sha256)) findings.add("DOSSIER_RECORD_REPEATED", where);
  if (record !== undefined) seen.add(record.sha256);
  if (firstPage !== "0" || lastPage !== "0") findings.add("DOSSIER_RECORD_DIFFERS", `${where}: there is no pagination`);
  if (meter.restartsWithTransaction && clock !== "meter") findings.add("DOSSIER_ORDER_UNPROVEN", where);
}

/**
 * Whether a session says more energy than its time allows at this power. The meter may sign the begin late; where it signed
 * the session's idTag, from which time and salt of the opening follow, the energy can have flowed from the opening on. That
 * is the bound of the contracts, too, as far as the meter's clock tells.
 */
export function isAbovePower(
  session: Pick<DossierSession, "fromMicroWh" | "toMicroWh" | "beginSeconds" | "endSeconds" | "opening" | "proof">,
  maximumPowerW: number,
): boolean {
  const { beginSeconds, endSeconds, opening, proof } = session;
  const energyMicroWh = BigInt(session.toMicroWh) - BigInt(session.fromMicroWh);
  const from = proof === "meter-signed-bound" ? Math.min(beginSeconds, opening.openedAt) : beginSeconds;
  const seconds = Math.max(0, endSeconds - from) + clockToleranceSeconds;
  // A watt-second is 1/3600 Wh.
  return energyMicroWh * 3_600n > BigInt(maximumPowerW) * BigInt(seconds) * 1_000_000n;
}

/** The month in UTC, as 2026-01. */
export function monthOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 7);
}

/** The table has to be the one that the sessions make, and its sums the difference of the registers. */
function checkContinuity(
  part: DossierMonth,
  shown: readonly DossierSession[],
  { meter }: Subject,
  progress: MeterProgress,
  where: string,
  findings: Findings,
): void {
  const unsigned = part.exclusions.flatMap(({ interval, atSeconds }) => (interval === null ? [atSeconds] : []));
  const intervals = inOrder([...shown.map(intervalOf), ...intervalsOf(part.exclusions)], meter);
  const made = continuityOf(intervals, meter, progress.position, unsigned);
  progress.position = made.end;
  for (const { code, sessionId } of made.problems) findings.add(code, `${where}, session ${sessionId}`);
  if (canonicalText(made.gaps) !== canonicalText(part.gaps)) findings.add("DOSSIER_GAP_HIDDEN", where);
  const counted = shown.reduce((sum, { fromMicroWh, toMicroWh }) => sum + BigInt(toMicroWh) - BigInt(fromMicroWh), 0n);
  if (!addsUp(part, meter.restartsWithTransaction, made.opening, made.end, counted)) {
    findings.add("DOSSIER_CONTINUITY_DIFFERS", where);
  }
}

function addsUp(
  { openingMicroWh, closingMicroWh, gaps }: DossierMonth,
  restartsWithTransaction: boolean,
  opening: bigint | null,
  end: MeterPosition | null,
  countedMicroWh: bigint,
): boolean {
  if (restartsWithTransaction || opening === null || end === null) {
    return openingMicroWh === null && closingMicroWh === null;
  }
  return (
    openingMicroWh === opening.toString() &&
    closingMicroWh === end.registerMicroWh.toString() &&
    end.registerMicroWh - opening === countedMicroWh + gapsMicroWhOf(gaps)
  );
}

/** A counted session as the continuity table sees it. */
export function intervalOf(session: DossierSession): Interval {
  const { sessionId, beginSeconds, endSeconds } = session;
  return {
    ...{ sessionId, beginSeconds, endSeconds },
    fromMicroWh: BigInt(session.fromMicroWh),
    toMicroWh: BigInt(session.toMicroWh),
    firstPage: BigInt(session.firstPage),
    lastPage: BigInt(session.lastPage),
    isExcluded: false,
  };
}
