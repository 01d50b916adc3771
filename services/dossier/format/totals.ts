import { isShown, proofs, type DossierMonth, type DossierSummary, type DossierTotals } from "./dossier-schema.ts";
import { gapsMicroWhOf } from "./continuity.ts";
import { canonicalHashOf } from "./commitment.ts";
import { rootOfMonths } from "./leaves.ts";

type Cell = { claimableMicroWh: bigint; sessions: number };

/** Sums up months one after the other, so that no more than one of them has to be held. */
export interface TotalsCounter {
  /** @param evse Where the month's meter measures. */
  add(month: DossierMonth, evse: number): void;
  totals(): DossierTotals;
  /** How many sessions the months so far have. */
  sessions(): number;
}

/** In a public summary no cell tells of fewer sessions than this, so that no driver's session is one of them. */
export const leastSessionsOfCell = 5;

export function createTotalsCounter(): TotalsCounter {
  const months: DossierTotals["months"] = [];
  const cells = new Map<string, Cell & { readonly evse: number; readonly month: string }>();
  const byProof = new Map<string, bigint>(proofs.map((proof) => [proof, 0n]));
  const sums = { claimable: 0n, excluded: 0n, gaps: 0n, sessions: 0, excludedSessions: 0 };

  return {
    add(part, evse) {
      const { meter, month, root, openingMicroWh, closingMicroWh, gaps, exclusions } = part;
      let sessionsMicroWh = 0n;
      for (const session of part.sessions) {
        if (!isShown(session)) continue;
        const energyMicroWh = BigInt(session.toMicroWh) - BigInt(session.fromMicroWh);
        sessionsMicroWh += energyMicroWh;
        byProof.set(session.proof, (byProof.get(session.proof) ?? 0n) + energyMicroWh);
      }
      const gapsMicroWh = gapsMicroWhOf(gaps);
      const excludedMicroWh = exclusions.reduce((sum, { energyMicroWh }) => sum + BigInt(energyMicroWh ?? 0), 0n);
      months.push({
        ...{ meter, month, root, sessions: part.sessions.length, openingMicroWh, closingMicroWh },
        sessionsMicroWh: sessionsMicroWh.toString(),
        gapsMicroWh: gapsMicroWh.toString(),
        excludedMicroWh: excludedMicroWh.toString(),
        excludedSessions: exclusions.length,
        gaps: canonicalHashOf(gaps),
        exclusions: canonicalHashOf(exclusions),
      });
      if (part.sessions.length > 0) {
        const key = `${evse} ${month}`;
        const cell = cells.get(key) ?? { evse, month, claimableMicroWh: 0n, sessions: 0 };
        cell.claimableMicroWh += sessionsMicroWh;
        cell.sessions += part.sessions.length;
        cells.set(key, cell);
      }
      sums.claimable += sessionsMicroWh;
      sums.excluded += excludedMicroWh;
      sums.gaps += gapsMicroWh;
      sums.sessions += part.sessions.length;
      sums.excludedSessions += exclusions.length;
    },
    sessions: () => sums.sessions,
    totals: () => ({
      root: rootOfMonths(months),
      claimableMicroWh: sums.claimable.toString(),
      excludedMicroWh: sums.excluded.toString(),
      gapsMicroWh: sums.gaps.toString(),
      sessions: sums.sessions,
      excludedSessions: sums.excludedSessions,
      byProofMicroWh: {
        "meter-signed-bound": (byProof.get("meter-signed-bound") ?? 0n).toString(),
        "meter-signed": (byProof.get("meter-signed") ?? 0n).toString(),
        "quorum-attested": (byProof.get("quorum-attested") ?? 0n).toString(),
      },
      cells: [...cells.values()].toSorted(byEvseAndMonth).map(({ claimableMicroWh, ...cell }) => ({
        ...cell,
        claimableMicroWh: claimableMicroWh.toString(),
      })),
      months,
    }),
  };
}

/**
 * The totals as anybody may see them. Cells with fewer than five sessions are joined, with the smallest of the others
 * where they would be too few together; where even all are too few, the summary has one cell.
 */
export function summaryOf(totals: DossierTotals): DossierSummary {
  const { claimableMicroWh, excludedMicroWh, sessions } = totals;
  const kept = totals.cells.filter((cell) => cell.sessions >= leastSessionsOfCell);
  const joined = totals.cells.filter((cell) => cell.sessions < leastSessionsOfCell);
  const count = (): number => joined.reduce((sum, cell) => sum + cell.sessions, 0);
  while (joined.length > 0 && count() < leastSessionsOfCell && kept.length > 0) {
    const least = kept.reduce((left, right) => (right.sessions < left.sessions ? right : left));
    joined.push(...kept.splice(kept.indexOf(least), 1));
  }
  const energy = joined.reduce((sum, cell) => sum + BigInt(cell.claimableMicroWh), 0n);
  const rest = { evse: null, month: null, claimableMicroWh: energy.toString(), sessions: count() };
  return { claimableMicroWh, excludedMicroWh, sessions, cells: joined.length === 0 ? kept : [...kept, rest] };
}

function byEvseAndMonth(
  left: { readonly evse: number; readonly month: string },
  right: { readonly evse: number; readonly month: string },
): number {
  return left.evse - right.evse || (left.month < right.month ? -1 : left.month > right.month ? 1 : 0);
}
