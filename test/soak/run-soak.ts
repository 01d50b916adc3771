import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";

import { z } from "zod";

import { toJson } from "../../scripts/command-line/output.ts";
import type { SessionState } from "../../services/domain/session.ts";
import { openLyingEndpoint, type Lie, type LyingEndpoint } from "../helpers/lying-endpoint.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { createRandom, type Random } from "../helpers/random.ts";
import { getAsOperator, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";
import { countSettlements } from "../helpers/settlement-events.ts";
import { createSoakCharger, ticksOf, type ChargerSession, type SoakCharger, type SoakCounts } from "./soak-charger.ts";
import {
  outcomesOf,
  planCharger,
  planSession,
  tickMs,
  type PlannedCharger,
  type PlannedSession,
  type SoakOutcome,
} from "./soak-plan.ts";

export interface SoakOptions {
  readonly chargers: number;
  /** Of the chargers' time. */
  readonly minutes: number;
  readonly seed: number;
  /** By default drawn: what evidence there is, what goes wrong, how much flows. */
  readonly plan?: (random: Random) => PlannedSession;
  /** What meters sign of what flowed, in Wh; by default all of it. Another one shows that the check fails. */
  readonly signsWh?: (energyWh: number) => number;
  /** After these minutes without a driver everything is told, asked for, given up or settled. */
  readonly calmMinutes?: number;
  readonly onProgress?: (minute: number) => void;
}

/** A session that did not become what it had to. */
export interface SoakDifference {
  readonly sessionId: string;
  readonly stationId: string;
  readonly plan: PlannedSession;
  readonly expected: string;
  readonly found: string;
}

export interface SoakReport extends SoakCounts {
  readonly seed: number;
  readonly chargers: number;
  readonly minutes: number;
  readonly sessions: number;
  readonly settled: number;
  /** Of the settled ones, those that never began. */
  readonly notBegun: number;
  /** Sessions that do not settle by themselves, by the reason. */
  readonly held: Readonly<Record<string, number>>;
  readonly settledWh: number;
  /** What flowed in settled sessions whose stop was lost after the last reading: nobody was told. */
  readonly untoldWh: number;
  /** Sessions that settled at nothing although energy flowed. */
  readonly free: readonly string[];
  /** Sessions that neither settled nor are held for a reason: nothing would ever move them. */
  readonly staying: readonly string[];
  /** Logs that the chain's endpoint kept from the service when it was first asked. */
  readonly logsLeftOut: number;
  /** Calls of chargers in the store: those that were answered, and those whose answer nobody waited for. */
  readonly storedFrames: number;
  readonly differences: readonly SoakDifference[];
}

interface Place {
  readonly charger: SoakCharger;
  readonly open: () => Promise<void>;
  nextPlan: PlannedSession;
  freeSince: number;
}

interface Played {
  readonly opened: OpenedSession;
  readonly session: ChargerSession;
  readonly charger: PlannedCharger;
}

const defaultCalmMinutes = 75;
const calmStepTicks = 10;
const capMicro = 15_000_000n;
/** So that what an epoch settles without the contract reading a record ends no run: it bounds a committee, not chargers. */
const epochUnreadableLimitMicro = 100_000_000_000n;
/** Sessions that are opened late enough would not be over by the end. */
const lastOpeningMinutes = 14;
/** In one tick of so many the endpoint leaves out logs. */
const ticksPerLie = 8;

/** Plays so many chargers for so long, each with its own faults from the seed, and checks every session. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { chargers, minutes, seed, plan: planNext = planSession, calmMinutes = defaultCalmMinutes } = options;
  const signsWh = options.signsWh ?? ((energyWh: number) => energyWh);
  const random = createRandom(seed);
  const chain = await startServiceChain({ rules: { epochUnreadableLimitMicro } });
  const endpoint = await openLyingEndpoint(chain.rpcUrl);
  const liar = createLiar(endpoint, createRandom(seed + 1));
  const startMs = Math.floor(Date.now() / tickMs) * tickMs;
  let nowMs = startMs;
  let moments = 0;
  const running = await runService(
    chain,
    {
      WATTPROOF_RPC_URL: endpoint.url,
      WATTPROOF_OCPP_MESSAGES_PER_SECOND: "100000",
      WATTPROOF_OCPP_CONNECTIONS_PER_ADDRESS: "100000",
      WATTPROOF_STOP_MISSING_GRACE_MS: "1800000",
      WATTPROOF_LATE_MESSAGES_QUIET_MS: "60000",
    },
    // Two messages are never received in one moment.
    { now: () => nowMs + Math.min(tickMs - 1, moments++) },
  );
  const counts: SoakCounts = {
    ...{ answered: 0, disconnects: 0, powerCuts: 0, lostAnswers: 0, duplicates: 0, reordered: 0 },
    ...{ wrongTokens: 0, outliers: 0, secondStarts: 0, repeatedStops: 0, lateReadings: 0, localTimes: 0 },
  };
  const places: Place[] = [];
  const played: Played[] = [];
  /** Sessions whose drivers wait for the service to know them. */
  let unagreed: OpenedSession[] = [];
  try {
    for (let index = 0; index < chargers; index += 1) places.push(await preparePlace(index));
    const lastTick = ticksOf(minutes);
    for (let tick = 0; tick < lastTick; tick += 1) {
      await openDue(tick, tick < lastTick - ticksOf(lastOpeningMinutes));
      await everybody(tick, false);
      if (tick % 2 === 0) options.onProgress?.((tick * tickMs) / 60_000);
    }
    endpoint.tellTruth();
    for (let tick = lastTick; tick < lastTick + ticksOf(calmMinutes); tick += calmStepTicks) {
      await everybody(tick, true);
    }
    await synchronise();
    return await check();
  } finally {
    await Promise.all(places.map(async ({ charger }) => charger.close()));
    await running.close();
    await endpoint.close();
    await chain.close();
  }

  async function preparePlace(index: number): Promise<Place> {
    const plan = planCharger(random, index);
    const point = await chain.addChargingPoint();
    await registerStation(running.service.store, plan.stationId, { evses: [point.evse] });
    const url = running.service.url.replace(/^http/, "ws");
    const charger = createSoakCharger({ plan, point, url, counts, signsWh });
    const place: Place = {
      charger,
      nextPlan: planNext(random),
      freeSince: 0,
      async open() {
        const opened = await chain.openSession(point, { chargedSeconds: 0 });
        const session = {
          ...{ plan: place.nextPlan, idTag: opened.idTag, isBegun: false, isOver: false },
          ...{ deliveredWh: 0, lastToldWh: 0, hasWaited: false, isAfterReset: false },
        };
        played.push({ opened, session, charger: plan });
        if (session.plan.evidence === "unsigned-agreed") unagreed.push(opened);
        charger.expect(session);
        place.nextPlan = planNext(random);
      },
    };
    return place;
  }

  async function openDue(tick: number, isOpening: boolean): Promise<void> {
    const before = played.length;
    for (const place of places) {
      if (!place.charger.isFree) place.freeSince = tick;
      else if (isOpening && tick - place.freeSince >= place.nextPlan.pauseTicks) await place.open();
    }
    if (played.length > before) await synchronise();
  }

  async function everybody(tick: number, isCalm: boolean): Promise<void> {
    nowMs = startMs + tick * tickMs;
    moments = 0;
    // Ahead of the chargers' time: nothing settles before it has lasted, and nothing grows old.
    await chain.pass((2 * (isCalm ? calmStepTicks : 1) * tickMs) / 1_000);
    if (!isCalm) liar.next();
    await Promise.all(places.map(async ({ charger }) => charger.tick(tick, nowMs, isCalm)));
    await synchronise();
  }

  async function synchronise(): Promise<void> {
    await running.service.synchronise();
    const waiting = unagreed;
    unagreed = [];
    for (const opened of waiting) {
      const isKnown = (await running.service.store.findSession(opened.sessionId)) !== null;
      if (isKnown) await agree(chain, running, opened);
      else unagreed.push(opened);
    }
  }

  async function check(): Promise<SoakReport> {
    const onChain = await countSettlements(chain.contracts.chargingSettlement);
    const differences: SoakDifference[] = [];
    const free: string[] = [];
    const staying: string[] = [];
    const held: Record<string, number> = {};
    let settled = 0;
    let settledWh = 0;
    let untoldWh = 0;
    for (const { opened, session, charger } of played) {
      const { sessionId } = opened;
      const { stationId, isLocalTime } = charger;
      const outcomes = outcomesOf({ ...session, isLocalTime });
      const { state = null } = (await running.service.store.findSession(sessionId)) ?? {};
      const timesOnChain = onChain.get(sessionId) ?? 0;
      const found = foundIn(state, timesOnChain);
      const outcome = outcomes.find((one) => isAsForeseen(one, found));
      if (found.settledMicroWh === 0n && session.deliveredWh > 0) free.push(sessionId);
      if (found.settledMicroWh === null && found.hold === null) staying.push(sessionId);
      if (outcome === undefined) {
        const expected = toJson(outcomes);
        differences.push({
          sessionId,
          stationId,
          plan: session.plan,
          expected,
          found: toJson({ ...found, isLocalTime }),
        });
      } else if (outcome.kind === "settled") {
        settled += 1;
        settledWh += outcome.energyWh;
        untoldWh += session.deliveredWh - outcome.energyWh;
      } else held[outcome.code] = (held[outcome.code] ?? 0) + 1;
    }
    const notBegun = played.filter(({ session }) => !session.isBegun).length;
    const storedFrames = countFrames(running.dataPath);
    if (storedFrames < counts.answered)
      throw new Error(`Of ${counts.answered} answered frames ${storedFrames} are kept.`);
    return {
      ...{ seed, chargers, minutes, sessions: played.length, settled, notBegun, held, settledWh, untoldWh },
      ...{ ...counts, storedFrames, logsLeftOut: liar.leftOut(), differences, free, staying },
    };
  }
}

/** What became of a session. */
interface Found {
  readonly status: string | null;
  /** Why it has this status; `null` for most. */
  readonly reason: string | null;
  /** `null` unless it is settled. */
  readonly settledMicroWh: bigint | null;
  readonly timesOnChain: number;
  readonly grade: string | null;
  readonly hold: string | null;
  readonly codes: readonly string[];
}

function foundIn(state: SessionState | null, timesOnChain: number): Found {
  const { assessment = null, closing = null } = state ?? {};
  return {
    status: state?.status ?? null,
    reason: state?.reason ?? null,
    settledMicroWh: closing?.kind === "settled" ? closing.energyMicroWh : null,
    timesOnChain,
    grade: assessment?.grade ?? null,
    hold: assessment?.hold ?? null,
    codes: [...(assessment?.reasons ?? []), ...(assessment?.flags ?? [])],
  };
}

function isAsForeseen(outcome: SoakOutcome, found: Found): boolean {
  if (outcome.kind === "settled") {
    const isFlagged = outcome.flag === null || found.codes.includes(outcome.flag);
    const isRight = found.settledMicroWh === BigInt(outcome.energyWh) * 1_000_000n && found.timesOnChain === 1;
    return found.status === "settled" && isRight && isFlagged;
  }
  const isHeld = found.settledMicroWh === null && found.timesOnChain === 0 && found.hold !== null;
  const isReason = outcome.hold === null || found.hold === outcome.hold;
  return (
    isHeld &&
    isReason &&
    (found.grade === "disputed") === (found.hold === "DISPUTED") &&
    found.codes.includes(outcome.code)
  );
}

/** Now and then the endpoint keeps logs back, in one of several ways, until the next tick. */
function createLiar(endpoint: LyingEndpoint, random: Random) {
  let leftOut = 0;
  const keeping =
    (keeps: (index: number, count: number) => boolean): Lie =>
    (truth) => {
      const logs = z.array(z.unknown()).parse(truth);
      const kept = logs.filter((_, index) => keeps(index, logs.length));
      leftOut += logs.length - kept.length;
      return kept;
    };
  const withoutLogs: Lie = (truth) => (truth === null ? null : { ...z.looseObject({}).parse(truth), logs: [] });
  const lies: readonly [Readonly<Record<string, Lie>>, ...Readonly<Record<string, Lie>>[]] = [
    { eth_getLogs: keeping(() => false) },
    { eth_getLogs: keeping((index) => index > 0) },
    { eth_getLogs: keeping((index, count) => index < count - 1) },
    // In the receipts they are missing, too: nothing is to be had until the endpoint tells the truth.
    { eth_getLogs: keeping(() => false), eth_getTransactionReceipt: withoutLogs },
  ];
  return {
    next(): void {
      endpoint.tellTruth();
      if (random.below(ticksPerLie) === 0) Object.assign(endpoint.lies, random.pick(lies));
    },
    leftOut: () => leftOut,
  };
}

/** The driver agrees to pay for energy that nobody signs. */
async function agree(chain: ServiceChain, running: RunningService, opened: OpenedSession): Promise<void> {
  const signature = await chain.signConsent(opened, capMicro);
  const { url } = running.service;
  const response = await fetch(`${url}/v1/sessions/${opened.sessionId}/unsigned-energy-consent`, {
    method: "PUT",
    body: JSON.stringify({ capMicro: capMicro.toString(), signature }),
  });
  if (!response.ok) {
    const { body } = await getAsOperator(url, `/v1/sessions/${opened.sessionId}`);
    throw new Error(`The consent was refused: ${await response.text()} ${JSON.stringify(body)}`);
  }
}

function countFrames(dataPath: string): number {
  const database = new DatabaseSync(join(dataPath, "wattproof.sqlite"), { readOnly: true });
  try {
    const calls = "SELECT count(*) AS count FROM ocpp_frames WHERE direction = 'in' AND action IS NOT NULL";
    const row = database.prepare(calls).get();
    return Number(row?.["count"]);
  } finally {
    database.close();
  }
}
