import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";

import { registerStation } from "../helpers/ocpp-service.ts";
import { createRandom } from "../helpers/random.ts";
import { getAsOperator, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";
import { createSoakCharger, ticksOf, type ChargerSession, type SoakCharger, type SoakCounts } from "./soak-charger.ts";
import { outcomeOf, planCharger, planSession, tickMs, type PlannedSession } from "./soak-plan.ts";

export interface SoakOptions {
  readonly chargers: number;
  /** Of the chargers' time. */
  readonly minutes: number;
  readonly seed: number;
  readonly onProgress?: (minute: number) => void;
}

/** A session that did not become what it had to. */
export interface SoakDifference {
  readonly sessionId: string;
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
}

/** After these minutes without a driver everything is told, asked for, given up or settled. */
const calmMinutes = 75;
const calmStepTicks = 10;
const capMicro = 15_000_000n;
/** Sessions that are opened late enough would not be over by the end. */
const lastOpeningMinutes = 14;

/** Plays so many chargers for so long, each with its own faults from the seed, and checks every session. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { chargers, minutes, seed } = options;
  const random = createRandom(seed);
  const chain = await startServiceChain();
  const startMs = Math.floor(Date.now() / tickMs) * tickMs;
  let nowMs = startMs;
  const running = await runService(
    chain,
    {
      WATTPROOF_OCPP_MESSAGES_PER_SECOND: "100000",
      WATTPROOF_OCPP_CONNECTIONS_PER_ADDRESS: "100000",
      WATTPROOF_STOP_MISSING_GRACE_MS: "1800000",
    },
    { now: () => nowMs },
  );
  const counts: SoakCounts = {
    ...{ answered: 0, disconnects: 0, powerCuts: 0, lostAnswers: 0, duplicates: 0, reordered: 0 },
  };
  const places: Place[] = [];
  const played: Played[] = [];
  try {
    for (let index = 0; index < chargers; index += 1) places.push(await preparePlace(index));
    const lastTick = ticksOf(minutes);
    for (let tick = 0; tick < lastTick; tick += 1) {
      await openDue(tick, tick < lastTick - ticksOf(lastOpeningMinutes));
      await everybody(tick, false);
      if (tick % 2 === 0) options.onProgress?.((tick * tickMs) / 60_000);
    }
    for (let tick = lastTick; tick < lastTick + ticksOf(calmMinutes); tick += calmStepTicks) {
      nowMs = startMs + tick * tickMs;
      await everybody(tick, true);
    }
    await running.service.synchronise();
    return await check();
  } finally {
    await Promise.all(places.map(async ({ charger }) => charger.close()));
    await running.close();
    await chain.close();
  }

  async function preparePlace(index: number): Promise<Place> {
    const plan = planCharger(random, index);
    const point = await chain.addChargingPoint();
    await registerStation(running.service.store, plan.stationId, { evses: [point.evse] });
    const url = running.service.url.replace(/^http/, "ws");
    const charger = createSoakCharger({ plan, point, url, counts });
    const place: Place = {
      charger,
      nextPlan: planSession(random),
      freeSince: 0,
      async open() {
        const opened = await chain.openSession(point);
        const session = { plan: place.nextPlan, idTag: opened.idTag, isBegun: false, isOver: false, lastToldWh: 0 };
        played.push({ opened, session });
        charger.expect(session);
        place.nextPlan = planSession(random);
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
    if (played.length === before) return;
    await running.service.synchronise();
    for (const { opened, session } of played.slice(before)) {
      if (session.plan.evidence === "unsigned-agreed") await agree(chain, running, opened);
    }
  }

  async function everybody(tick: number, isCalm: boolean): Promise<void> {
    nowMs = startMs + tick * tickMs;
    await Promise.all(places.map(async ({ charger }) => charger.tick(tick, nowMs, isCalm)));
    await running.service.synchronise();
  }

  async function check(): Promise<SoakReport> {
    const { chargingSettlement } = chain.contracts;
    const events = await chargingSettlement.queryFilter(chargingSettlement.filters.SessionSettled());
    const onChain = Map.groupBy(events, ({ args }) => args.sessionId);
    const differences: SoakDifference[] = [];
    const held: Record<string, number> = {};
    let settled = 0;
    let settledWh = 0;
    for (const { opened, session } of played) {
      const { sessionId } = opened;
      const outcome = outcomeOf(session);
      const state = (await running.service.store.findSession(sessionId))?.state;
      const settlements = onChain.get(sessionId) ?? [];
      const { assessment } = state ?? { assessment: null };
      const closing = state?.closing ?? null;
      const found =
        closing?.kind === "settled"
          ? `${state?.status ?? ""} ${closing.energyMicroWh.toString()}`
          : `${assessment?.grade ?? state?.status ?? ""} ${assessment?.hold ?? ""}`;
      const codes: readonly string[] = [...(assessment?.reasons ?? []), ...(assessment?.flags ?? [])];
      const isCodeThere = outcome.kind === "settled" || codes.includes(outcome.code);
      const expected =
        outcome.kind === "settled"
          ? `settled ${BigInt(outcome.energyWh) * 1_000_000n}`
          : `${outcome.hold === "DISPUTED" ? "disputed" : "plausible-unsigned"} ${outcome.hold}`;
      const times = outcome.kind === "settled" ? 1 : 0;
      if (found !== expected || !isCodeThere || settlements.length !== times) {
        const detail = `${found}, ${settlements.length} times on chain, ${codes.join(" ")}`;
        differences.push({ sessionId, plan: session.plan, expected: `${expected}, ${times} times`, found: detail });
      } else if (outcome.kind === "settled") {
        settled += 1;
        settledWh += outcome.energyWh;
      } else held[outcome.code] = (held[outcome.code] ?? 0) + 1;
    }
    const notBegun = played.filter(({ session }) => !session.isBegun).length;
    const storedFrames = countFrames(running.dataPath);
    if (storedFrames < counts.answered)
      throw new Error(`Of ${counts.answered} answered frames ${storedFrames} are kept.`);
    return {
      ...{ seed, chargers, minutes, sessions: played.length, settled, notBegun, held, settledWh },
      ...{ ...counts, storedFrames, differences },
    };
  }
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
