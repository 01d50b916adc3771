import type { RegisterSpan } from "../domain/charging/outlet-continuity.ts";
import { parsePaddedDecimal, subtractDecimals, type Decimal } from "../domain/decimal.ts";
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
const likePart = 100n;

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
  if (begin.source === "sum" || (begin.source === "signed" && !isOneRegister(assessment))) return null;
  const beginWh = parsePaddedDecimal(begin.registerWh);
  const endWh = parsePaddedDecimal(end.registerWh);
  if (beginWh === null || endWh === null) return null;
  return { beginWh, endWh, beganAtMs: begin.epochMs, endedAtMs: end.epochMs };
}

/** Whether the signed values are of the register that the station reports without a signature. */
function isOneRegister({
  energyMicroWh,
  claimedEnergyWh,
}: {
  readonly energyMicroWh: bigint;
  readonly claimedEnergyWh: string | null;
}): boolean {
  const claimed: Decimal | null = claimedEnergyWh === null ? null : parsePaddedDecimal(claimedEnergyWh);
  if (claimed === null) return false;
  const { unscaled } = subtractDecimals(claimed, { unscaled: energyMicroWh, scale: 6 });
  const difference = unscaled < 0n ? -unscaled : unscaled;
  return difference * likePart <= claimed.unscaled * 10n ** BigInt(Math.max(0, 6 - claimed.scale));
}
