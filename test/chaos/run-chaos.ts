import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { createRandom, type Random } from "../helpers/random.ts";
import { getAsOperator } from "../helpers/running-service.ts";
import type { OpenedSession } from "../helpers/service-chain.ts";
import { checkHistory, type Violation } from "../simulation/history.ts";
import type { PlannedCharge } from "./chaos-charger.ts";
import { readHistory, type PlayedSession } from "./chaos-history.ts";
import { openChaosWorld, patienceMs, type ChaosWorld } from "./chaos-world.ts";
import { drawFaults, faults, type FaultName } from "./faults.ts";

export interface ChaosOptions {
  /** Decides what flows, what goes wrong and when. */
  readonly seed: number;
  /** How much goes wrong, one fault in each round of sessions; or just what. */
  readonly faults: number | readonly FaultName[];
  /** The same sessions, and nothing goes wrong. */
  readonly isCalm?: boolean;
  readonly replicas?: number;
  readonly stations?: number;
  readonly hasStandby?: boolean;
  readonly onRound?: (round: ChaosRound, index: number) => void;
}

/** What went wrong while each station charged one car, and what that broke. */
export interface ChaosRound {
  readonly fault: FaultName | null;
  /** From the first message to the last settlement. */
  readonly seconds: number;
  /** Promises that were broken by the end of it. */
  readonly violations: readonly Violation[];
  /** Messages without an answer, and sessions without a settlement, when the patience was over. */
  readonly stuck: readonly string[];
}

export interface ChaosReport {
  readonly seed: number;
  readonly rounds: readonly ChaosRound[];
  readonly sessions: number;
  /** The longest wait of a station for an answer, from its first attempt. */
  readonly longestPauseMs: number;
  /** What was charged for what, and the sums: the same for every run of a seed, whatever goes wrong. */
  readonly books: unknown;
}

/** Cars charge from a second or two after the round's begin for at least two seconds. */
const earliestFaultMs = 1_500;
const latestFaultMs = 4_000;
/** By then the chain has seen time enough for what flows. */
const passedSeconds = 120;
const lookMs = 100;
const totalsSchema = z.looseObject({ sum: z.unknown() });

/** Plays rounds of sessions, each with a fault in its middle, and checks after each what was promised. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, isCalm = false, replicas = 3, stations = 4, hasStandby = true } = options;
  const planning = createRandom(seed);
  const failing = createRandom(seed + 1);
  const names =
    typeof options.faults === "number" ? drawFaults(failing, options.faults, hasStandby) : [...options.faults];
  const world = await openChaosWorld({ replicas, stations, hasStandby });
  const played: PlayedSession[] = [];
  const rounds: ChaosRound[] = [];
  try {
    for (const [index, name] of names.entries()) {
      const round = await playRound(world, played, planning, isCalm ? null : { name, random: failing });
      rounds.push(round);
      options.onRound?.(round, index);
    }
    const longestPauseMs = Math.round(Math.max(...world.stations.map(({ longestMs }) => longestMs)));
    return { seed, rounds, sessions: played.length, longestPauseMs, books: await booksOf(world, played) };
  } finally {
    await world.close();
  }
}

async function playRound(
  world: ChaosWorld,
  played: PlayedSession[],
  planning: Random,
  failing: { readonly name: FaultName; readonly random: Random } | null,
): Promise<ChaosRound> {
  const { chain, stations } = world;
  const opened: PlayedSession[] = [];
  for (const station of stations) {
    const session = await chain.openSession(station.point, { chargedSeconds: 0 });
    opened.push({ station, session, plan: planCharge(planning) });
  }
  await chain.pass(passedSeconds);
  played.push(...opened);
  const startedMs = performance.now();
  const stuck = await untilAll(opened, ({ session }) => isKnown(world, session), "is not known");
  const charging = opened.map(({ station, session, plan }) => station.charge(session.idTag, plan));
  const going = failing === null ? [] : [fail(world, failing.name, failing.random)];
  for (const result of await Promise.allSettled([...charging, ...going])) {
    if (result.status === "rejected") stuck.push(describe(result.reason));
  }
  stuck.push(...(await untilAll(opened, ({ session }) => isSettled(world, session), "is not settled")));
  const violations = checkHistory(await readHistory(world, played));
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  return { fault: failing?.name ?? null, seconds, violations, stuck };
}

async function fail(world: ChaosWorld, name: FaultName, random: Random): Promise<void> {
  await sleep(earliestFaultMs + random.below(latestFaultMs - earliestFaultMs));
  await faults[name](world, random);
}

/** At most 144 kW for at least two seconds. */
function planCharge(random: Random): PlannedCharge {
  return {
    energyMicroWh: BigInt(20 + random.below(61)) * 1_000_000n,
    seconds: 2 + random.below(3),
    pausesMs: Array.from({ length: 1 + random.below(2) }, () => random.below(1_200)),
  };
}

async function isKnown({ store }: ChaosWorld, { sessionId }: OpenedSession): Promise<boolean> {
  return (await store.findSession(sessionId)) !== null;
}

async function isSettled({ store }: ChaosWorld, { sessionId }: OpenedSession): Promise<boolean> {
  return (await store.findSession(sessionId))?.state.closing?.kind === "settled";
}

/** @returns those of which it is still not so when the patience is over */
async function untilAll(
  sessions: readonly PlayedSession[],
  isSo: (one: PlayedSession) => Promise<boolean>,
  complaint: string,
): Promise<string[]> {
  let left = sessions;
  const endMs = performance.now() + patienceMs;
  while (performance.now() < endMs) {
    const answers = await Promise.all(left.map((one) => isSo(one).catch(() => false)));
    left = left.filter((_one, index) => answers[index] !== true);
    if (left.length === 0) break;
    await sleep(lookMs);
  }
  return left.map(({ station, session }) => `${station.stationId}: ${session.sessionId} ${complaint}`);
}

function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  return reason.cause === undefined ? reason.message : `${reason.message} ${describe(reason.cause)}`;
}

async function booksOf({ chain, replicas, store }: ChaosWorld, played: readonly PlayedSession[]): Promise<unknown> {
  const charges: unknown[] = [];
  for (const { station, session } of played) {
    const closing = (await store.findSession(session.sessionId))?.state.closing ?? null;
    if (closing?.kind !== "settled") continue;
    const { energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro } = closing;
    const { stationId } = station;
    charges.push({ stationId, energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro });
  }
  const url = (await replicas[0]?.service.url()) ?? "";
  const { body } = await getAsOperator(url, "/v1/operator/totals?by=day&count=30");
  return { charges, creditMicro: await chain.readCredit(), sum: totalsSchema.parse(body).sum };
}
