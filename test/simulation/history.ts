/** What happened in a run, as far as promises are judged by it. A simulation, a soak and a crash test can all give one. */
export interface History {
  /** Messages that a charger had an answer to. */
  readonly acknowledged: readonly { readonly stationId: string; readonly text: string }[];
  /** Messages that the ledger has, with their places. */
  readonly kept: readonly { readonly stationId: string; readonly text: string; readonly place: number }[];
  /** Rights that were given out, and writes that were taken in the name of one, in the order in which both happened. */
  readonly rights: readonly {
    readonly kind: "claimed" | "written";
    readonly name: string;
    readonly epoch: number;
    readonly what: string;
  }[];
  /** Batches, and the transactions of each that are part of the chain. */
  readonly batches: readonly { readonly batchId: string; readonly txHashes: readonly string[] }[];
  /** Sessions that the ledger calls settled, with what it says was charged, and what the chain and the meter say. */
  readonly settled: readonly {
    readonly sessionId: string;
    readonly settlements: number;
    readonly ledgerMicro: bigint | null;
    readonly chainMicro: bigint | null;
    /** The price of what flowed; `null` where nobody knows what did. */
    readonly meterMicro: bigint | null;
  }[];
  readonly paidMicro: bigint;
  readonly creditMicro: bigint;
  readonly withdrawnMicro: bigint;
}

/** A promise that was broken. */
export interface Violation {
  readonly rule:
    | "acknowledged-is-kept"
    | "places-have-no-gap"
    | "lost-right-writes-nothing"
    | "batch-is-sent-once"
    | "session-settles-once"
    | "paid-is-charged"
    | "charged-is-metered"
    | "withdrawn-is-credited";
  readonly detail: string;
}

/** Every promise of the history that does not hold, each with where. */
export function checkHistory(history: History): readonly Violation[] {
  return [
    ...checkFrames(history),
    ...checkRights(history),
    ...history.batches
      .filter(({ txHashes }) => txHashes.length > 1)
      .map(({ batchId, txHashes }): Violation => ({
        rule: "batch-is-sent-once",
        detail: `${batchId}: ${txHashes.join()}`,
      })),
    ...history.settled.flatMap(checkSession),
    ...checkBooks(history),
  ];
}

function checkFrames({ acknowledged, kept }: History): readonly Violation[] {
  const violations: Violation[] = [];
  const texts = new Set(kept.map(({ stationId, text }) => `${stationId} ${text}`));
  for (const { stationId, text } of acknowledged) {
    if (!texts.has(`${stationId} ${text}`)) {
      violations.push({ rule: "acknowledged-is-kept", detail: `${stationId}: ${text}` });
    }
  }
  const places = new Map<string, number>();
  for (const { stationId, place } of kept) {
    const before = places.get(stationId) ?? 0;
    if (place !== before + 1)
      violations.push({ rule: "places-have-no-gap", detail: `${stationId}: ${place} after ${before}` });
    places.set(stationId, place);
  }
  return violations;
}

function checkRights({ rights }: History): readonly Violation[] {
  const newest = new Map<string, number>();
  return rights.flatMap(({ kind, name, epoch, what }): readonly Violation[] => {
    const known = newest.get(name) ?? 0;
    if (kind === "claimed") newest.set(name, Math.max(known, epoch));
    else if (epoch < known)
      return [{ rule: "lost-right-writes-nothing", detail: `${what} of ${name} ${epoch}, ${known} held` }];
    return [];
  });
}

function checkSession({ sessionId, settlements, ledgerMicro, chainMicro, meterMicro }: History["settled"][number]) {
  const violations: Violation[] = [];
  if (settlements > 1) violations.push({ rule: "session-settles-once", detail: `${sessionId}: ${settlements} times` });
  if (ledgerMicro !== chainMicro) {
    violations.push({ rule: "paid-is-charged", detail: `${sessionId}: ${ledgerMicro} here, ${chainMicro} on chain` });
  }
  if (meterMicro !== null && chainMicro !== meterMicro) {
    violations.push({ rule: "charged-is-metered", detail: `${sessionId}: ${chainMicro} for ${meterMicro}` });
  }
  return violations;
}

function checkBooks({ settled, paidMicro, creditMicro, withdrawnMicro }: History): readonly Violation[] {
  const violations: Violation[] = [];
  const charged = settled.reduce((sum, { chainMicro }) => sum + (chainMicro ?? 0n), 0n);
  if (charged !== paidMicro) {
    violations.push({ rule: "paid-is-charged", detail: `${paidMicro} paid, ${charged} charged` });
  }
  if (withdrawnMicro > creditMicro) {
    violations.push({ rule: "withdrawn-is-credited", detail: `${withdrawnMicro} of ${creditMicro}` });
  }
  return violations;
}
