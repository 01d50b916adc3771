import { keccak256, concat } from "ethers";

import type { DossierExclusion, DossierMonth, DossierSession } from "../format/dossier-schema.ts";
import {
  continuityOf,
  inOrder,
  intervalsOf,
  jumpOf,
  positionAfter,
  type Interval,
  type MeterPosition,
} from "../format/continuity.ts";
import { leafOf, rootOf } from "../format/leaves.ts";
import { intervalOf, monthOf } from "../verify/check-month.ts";
import type { ExclusionReason, MeterIdentity, ProvenSession, UnprovenSession } from "./judge-session.ts";

/** Makes salts that nobody can guess and that one seed gives again. */
export function saltOf(seed: string, sessionId: string): string {
  return keccak256(concat([seed, sessionId]));
}

/** Lays the sessions of one meter out by month, each month with its continuity table and its root. */
export function layOutMonths(
  meter: number,
  found: readonly (ProvenSession | UnprovenSession)[],
  identity: MeterIdentity,
  seed: string,
): readonly DossierMonth[] {
  const { counted, excluded } = sortOut(found, identity, seed);
  const byMonth = Map.groupBy(counted, ({ endSeconds }) => monthOf(endSeconds));
  const exclusionsByMonth = Map.groupBy(excluded, ({ atSeconds }) => monthOf(atSeconds));
  const names = [...new Set([...byMonth.keys(), ...exclusionsByMonth.keys()])].toSorted();
  const months: DossierMonth[] = [];
  let position: MeterPosition | null = null;
  for (const month of names) {
    const sessions = byMonth.get(month) ?? [];
    const exclusions = exclusionsByMonth.get(month) ?? [];
    const unsigned = exclusions.flatMap(({ interval, atSeconds }) => (interval === null ? [atSeconds] : []));
    const intervals = inOrder([...sessions.map(intervalOf), ...intervalsOf(exclusions)], identity);
    const { gaps, opening, end } = continuityOf(intervals, identity, position, unsigned);
    position = end;
    const hasTable = !identity.restartsWithTransaction && opening !== null && end !== null;
    months.push({
      ...{ meter, month, root: rootOf(sessions.map(leafOf)) },
      openingMicroWh: hasTable ? opening.toString() : null,
      closingMicroWh: hasTable ? end.registerMicroWh.toString() : null,
      ...{ sessions, gaps: [...gaps], exclusions },
    });
  }
  return months;
}

/**
 * Takes the sessions in the order in which the meter signed them, and leaves out what does not follow: another register, a
 * register that ran backwards, a pagination or, where there is none, a record that was there before.
 */
function sortOut(
  found: readonly (ProvenSession | UnprovenSession)[],
  identity: MeterIdentity,
  seed: string,
): { readonly counted: DossierSession[]; readonly excluded: DossierExclusion[] } {
  const counted: DossierSession[] = [];
  const excluded = found.flatMap((one) => (one.kind === "unproven" ? [one.exclusion] : []));
  const proven = found.flatMap((one) =>
    one.kind === "proven" ? [{ ...intervalOf({ ...one.session, salt: "" }), one }] : [],
  );
  const records = new Set<string>();
  let position: MeterPosition | null = null;
  let month = "";
  for (const { one, ...interval } of inOrder(proven, identity)) {
    const reason = reasonOf(one, interval, identity, { position, month, records });
    if (reason !== null) {
      excluded.push(exclusionOf(one, reason, null));
      continue;
    }
    const { session } = one;
    position = positionAfter(interval);
    month = monthOf(session.endSeconds);
    records.add(session.records[0]?.sha256 ?? "");
    if (one.exclusion === null) counted.push({ ...session, salt: saltOf(seed, session.sessionId) });
    else excluded.push(exclusionOf(one, one.exclusion, identity));
  }
  return { counted, excluded: excluded.toSorted(byTime) };
}

/** Why a session does not follow from those before; `null` if it does. */
function reasonOf(
  { session, identity: own }: ProvenSession,
  interval: Interval,
  identity: MeterIdentity,
  before: { readonly position: MeterPosition | null; readonly month: string; readonly records: ReadonlySet<string> },
): ExclusionReason | null {
  const { position, month, records } = before;
  const isNumbered = identity.hasCounter !== false;
  if (own.register !== identity.register || own.hasCounter !== identity.hasCounter) return "another-register";
  if (!isNumbered && identity.restartsWithTransaction && session.clock !== "meter") return "order-unproven";
  const jump = position === null ? null : jumpOf(position, interval, identity);
  if (jump === "DOSSIER_ORDER_UNPROVEN") return "order-unproven";
  const isRepeated = isNumbered
    ? position !== null && interval.firstPage <= position.page
    : records.has(session.records[0]?.sha256 ?? "");
  const isBehind = isRepeated || monthOf(session.endSeconds) < month || jump !== null;
  return isBehind || interval.toMicroWh < interval.fromMicroWh ? "register-backwards" : null;
}

/** @param identity Of its meter, where what the session counted is told of as a gap; else `null` */
function exclusionOf(
  { session, settledMicroWh }: ProvenSession,
  reason: ExclusionReason,
  identity: MeterIdentity | null,
): DossierExclusion {
  const { sessionId, beginSeconds, endSeconds, fromMicroWh, toMicroWh, firstPage, lastPage } = session;
  const begin = identity?.hasCounter === false ? { beginSeconds } : {};
  return {
    ...{ sessionId, reason, atSeconds: endSeconds, energyMicroWh: settledMicroWh.toString() },
    interval: identity === null ? null : { fromMicroWh, toMicroWh, firstPage, lastPage, ...begin },
  };
}

function byTime(left: DossierExclusion, right: DossierExclusion): number {
  return left.atSeconds - right.atSeconds || (left.sessionId < right.sessionId ? -1 : 1);
}
