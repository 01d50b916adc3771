import type { Books } from "../local-world/books.ts";
import { expectedReplayChargeMicro, replayHoldMicro } from "./run-replay.ts";
import type { FileSession } from "./sessions-file.ts";

/** The sums over all sessions, amounts in 10⁻⁶ token. */
export interface ReplaySums {
  readonly sessions: number;
  readonly zeroEnergySessionsFree: number;
  readonly energyMicroWh: bigint;
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
  readonly creditMicro: bigint;
}

/** What the chain says beside what the file says. */
export interface Comparison {
  readonly isEqual: boolean;
  readonly chain: ReplaySums;
  readonly independent: ReplaySums;
  /** Sessions whose energy, time, charge or return on chain is not what the file gives, by the file's id. */
  readonly differingSessions: readonly string[];
}

/** Adds up the chain's events and, apart from them, the file, and compares session by session. */
export function compare(
  sessions: readonly FileSession[],
  books: Books,
  sessionIds: ReadonlyMap<string, string>,
): Comparison {
  const settled = [...books.sessions.values()].flatMap(({ closing }) => (closing.kind === "settled" ? [closing] : []));
  const chain = {
    sessions: settled.length,
    zeroEnergySessionsFree: settled.filter(
      ({ energyMicroWh, chargedMicro }) => energyMicroWh === 0n && chargedMicro === 0n,
    ).length,
    energyMicroWh: books.energyMicroWh,
    chargedMicro: books.chargedMicro,
    returnedMicro: books.returnedMicro,
    creditMicro: books.creditMicro,
  };
  let energyMicroWh = 0n;
  let chargedMicro = 0n;
  let zeroEnergySessionsFree = 0;
  const differingSessions: string[] = [];
  for (const session of sessions) {
    const expectedMicroWh = BigInt(session.energyWh) * 1_000_000n;
    const expectedMicro = expectedReplayChargeMicro(session);
    energyMicroWh += expectedMicroWh;
    chargedMicro += expectedMicro;
    zeroEnergySessionsFree += session.energyWh === 0 ? 1 : 0;
    const closing = books.sessions.get(sessionIds.get(session.sessionId) ?? "")?.closing;
    const isSame =
      closing?.kind === "settled" &&
      closing.energyMicroWh === expectedMicroWh &&
      closing.chargingSeconds === session.durationSeconds &&
      closing.connectedSeconds === session.durationSeconds &&
      closing.chargedMicro === expectedMicro &&
      closing.returnedMicro === replayHoldMicro - expectedMicro;
    if (!isSame) {
      differingSessions.push(session.sessionId);
    }
  }
  const independent = {
    sessions: sessions.length,
    zeroEnergySessionsFree,
    energyMicroWh,
    chargedMicro,
    returnedMicro: replayHoldMicro * BigInt(sessions.length) - chargedMicro,
    creditMicro: chargedMicro,
  };
  const isEqual =
    differingSessions.length === 0 &&
    chain.sessions === independent.sessions &&
    chain.zeroEnergySessionsFree === independent.zeroEnergySessionsFree &&
    chain.energyMicroWh === independent.energyMicroWh &&
    chain.chargedMicro === independent.chargedMicro &&
    chain.returnedMicro === independent.returnedMicro &&
    chain.creditMicro === independent.creditMicro &&
    books.checks.every(({ holds }) => holds);

  return { isEqual, chain, independent, differingSessions };
}
