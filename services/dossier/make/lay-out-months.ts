import { keccak256, concat } from "ethers";

import type { DossierExclusion, DossierMonth, DossierSession } from "../format/dossier-schema.ts";
import { continuityOf, inOrder, intervalsOf, type MeterPosition } from "../format/continuity.ts";
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
    const intervals = inOrder([...sessions.map(intervalOf), ...intervalsOf(exclusions)]);
    const { gaps, opening, end } = continuityOf(intervals, identity.restartsWithTransaction, position, unsigned);
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
 * register that ran backwards, a pagination that was there before.
 */
function sortOut(
  found: readonly (ProvenSession | UnprovenSession)[],
  { register, restartsWithTransaction }: MeterIdentity,
  seed: string,
): { readonly counted: DossierSession[]; readonly excluded: DossierExclusion[] } {
  const counted: DossierSession[] = [];
  const excluded = found.flatMap((one) => (one.kind === "unproven" ? [one.exclusion] : []));
  const proven = found.flatMap((one) => (one.kind === "proven" ? [one] : [])).toSorted(bySignature);
  let registerMicroWh: bigint | null = null;
  let page = -1n;
  let month = "";
  for (const one of proven) {
    const { session } = one;
    const from = BigInt(session.fromMicroWh);
    const to = BigInt(session.toMicroWh);
    const isOther = one.identity.register !== register;
    const ownMonth = monthOf(session.endSeconds);
    const isBehind =
      to < from ||
      BigInt(session.firstPage) <= page ||
      ownMonth < month ||
      (!restartsWithTransaction && registerMicroWh !== null && from < registerMicroWh);
    if (isOther || isBehind) {
      excluded.push(exclusionOf(one, isOther ? "another-register" : "register-backwards", false));
      continue;
    }
    registerMicroWh = to;
    page = BigInt(session.lastPage);
    month = ownMonth;
    if (one.exclusion === null) counted.push({ ...session, salt: saltOf(seed, session.sessionId) });
    else excluded.push(exclusionOf(one, one.exclusion, true));
  }
  return { counted, excluded: excluded.toSorted(byTime) };
}

function exclusionOf(
  { session, settledMicroWh }: ProvenSession,
  reason: ExclusionReason,
  hasInterval: boolean,
): DossierExclusion {
  const { sessionId, endSeconds, fromMicroWh, toMicroWh, firstPage, lastPage } = session;
  return {
    ...{ sessionId, reason, atSeconds: endSeconds, energyMicroWh: settledMicroWh.toString() },
    interval: hasInterval ? { fromMicroWh, toMicroWh, firstPage, lastPage } : null,
  };
}

function bySignature(left: ProvenSession, right: ProvenSession): number {
  const difference = BigInt(left.session.firstPage) - BigInt(right.session.firstPage);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function byTime(left: DossierExclusion, right: DossierExclusion): number {
  return left.atSeconds - right.atSeconds || (left.sessionId < right.sessionId ? -1 : 1);
}
