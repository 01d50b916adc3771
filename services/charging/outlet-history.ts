import type { TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import { coarserOf, distanceOf } from "../domain/charging/exactness.ts";
import type { RegisterSpan } from "../domain/charging/outlet-continuity.ts";
import type { WatchedEnergy } from "../domain/charging/watched-energy.ts";
import { addDecimals, compareDecimals, parsePaddedDecimal, subtractDecimals, type Decimal } from "../domain/decimal.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { TransactionBook } from "./transaction-book.ts";

/**
 * What the register of a transaction's outlet showed in the latest other transactions there, and last before the session
 * had one. In the station's turn.
 */
export type OutletReader = (
  transaction: ChargingTransaction,
  session: StoredSession,
) => Promise<readonly RegisterSpan[]>;

/** Signed and unsigned energy of one register differ by less than a hundredth. */
const likePartDigits = 2;
const wholeWh: Decimal = { unscaled: 1n, scale: 0 };

export function createOutletReader(deps: {
  readonly store: Pick<Store, "findSession" | "findStrayEnergy">;
  readonly book: Pick<TransactionBook, "list">;
}): OutletReader {
  const { store, book } = deps;

  /** Whether the session of a transaction says that another meter measured it. */
  async function isOfOtherMeter({ sessionId }: ChargingTransaction, meter: number): Promise<boolean> {
    const session = sessionId === null ? null : await store.findSession(sessionId);
    return session !== null && session.terms.meter !== meter;
  }

  return async (transaction, session) => {
    const { stationId, ordinal, evse } = transaction;
    const listed = await book.list(stationId);
    const there = listed.filter((one) => one.ordinal !== ordinal && one.evse === evse && evse !== null);
    const spans: RegisterSpan[] = [];
    // Newest first, as they are listed: what was before another meter says nothing of this one.
    for (const other of there) {
      if (await isOfOtherMeter(other, session.terms.meter)) break;
      const span = spanOf(other);
      if (span !== null) spans.push(span);
    }
    const idle = await store.findStrayEnergy(session.sessionId);
    if (idle === null) return spans;
    const { registerWh, atMs } = idle;
    return [...spans, { beginWh: registerWh, endWh: registerWh, beganAtMs: atMs, endedAtMs: atMs }];
  };
}

/** What the register showed in a transaction; `null` where nothing of it counts. */
function spanOf({ assessment, watched }: ChargingTransaction): RegisterSpan | null {
  const begin = assessment?.begin ?? null;
  const end = assessment?.end ?? null;
  if (assessment === null || begin === null || end === null) {
    if (watched === null) return null;
    const { registerWh, energyWh, beganAtMs, atMs } = watched;
    return { beginWh: subtractDecimals(registerWh, energyWh), endWh: registerWh, beganAtMs, endedAtMs: atMs };
  }
  if (begin.source === "sum") return null;
  const beginWh = parsePaddedDecimal(begin.registerWh);
  const endWh = parsePaddedDecimal(end.registerWh);
  if (beginWh === null || endWh === null) return null;
  const span = { beginWh, endWh, beganAtMs: begin.epochMs, endedAtMs: end.epochMs };
  return begin.source === "signed" ? spanBesideSigned(span, assessment, watched) : span;
}

/**
 * What the register without a signature showed in a transaction that the meter signed. It is the meter's own where it rose
 * as the signed one did and stood where that stood. One that rose as much elsewhere is another one, which the charger
 * keeps: what the meter signed says nothing of it. One that fell was set back.
 */
function spanBesideSigned(
  signed: RegisterSpan,
  { claimedEnergyWh, flags }: TransactionAssessment,
  watched: WatchedEnergy | null,
): RegisterSpan | null {
  if (claimedEnergyWh === null) return null;
  const riseWh = parsePaddedDecimal(claimedEnergyWh);
  if (riseWh === null) {
    const fallWh = parsePaddedDecimal(claimedEnergyWh.replace(/^-/, ""));
    if (fallWh === null || watched === null || !flags.includes("REGISTER_RESET")) return null;
    const { registerWh, atMs } = watched;
    return { ...signed, beginWh: addDecimals(registerWh, fallWh), endWh: registerWh, endedAtMs: atMs };
  }
  const signedWh = subtractDecimals(signed.endWh, signed.beginWh);
  if (compareDecimals(distanceOf(riseWh, signedWh), partOf(riseWh)) > 0) return null;
  if (watched === null) return signed;
  const { registerWh, quantumWh, atMs } = watched;
  const toleranceWh = [quantumWh, wholeWh, partOf(riseWh)].reduce(coarserOf);
  const isThere =
    compareDecimals(addDecimals(registerWh, toleranceWh), signed.beginWh) >= 0 &&
    compareDecimals(registerWh, addDecimals(signed.endWh, toleranceWh)) <= 0;
  return isThere
    ? signed
    : { ...signed, beginWh: subtractDecimals(registerWh, riseWh), endWh: registerWh, endedAtMs: atMs };
}

/** By how much two energies of one register may differ, for one of them. */
function partOf(energyWh: Decimal): Decimal {
  return { ...energyWh, scale: energyWh.scale + likePartDigits };
}
