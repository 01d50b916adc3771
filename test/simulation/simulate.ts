import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assignTariff } from "../../scripts/local-world/assign-tariff.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { createRandom } from "../helpers/random.ts";
import { testTariff } from "../helpers/test-tariff.ts";
import { createFaultyLedger, type Plant } from "./faulty-ledger.ts";
import { checkHistory, type History, type Violation } from "./history.ts";
import { createSimulatedChain, oracle, type SimulatedChain } from "./simulated-chain.ts";
import { createSimulatedCharger, type SimulatedCharger } from "./simulated-charger.ts";
import { openSimulatedReplica, type SimulatedReplica } from "./simulated-replica.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Of simulated time. */
  readonly hours: number;
  readonly plant: Plant | null;
}

export interface SimulationReport {
  readonly seed: number;
  readonly hours: number;
  readonly sessions: number;
  readonly settled: number;
  /** Sessions that do not settle without a decision. */
  readonly held: number;
  readonly violations: readonly Violation[];
}

/** Nobody pulls the plug of a simulation: it need not wait for a disk, where there is a folder in memory. */
const memoryFolder = "/dev/shm";
const replicaCount = 3;
const chargerCount = 4;
const tickMs = 60_000;
const ticksPerHour = 60;
/** Of what goes wrong, one in so many ticks. */
const odds = { session: 20, reorganisation: 60, freeze: 30, kill: 90, cut: 15, withdrawal: 20 };
const frozenTicks = 6;
const deadTicks = 4;
const deepest = 4;
/** In calm, everything that can be settled is. */
const calmTicks = 90;
const frameLimit = 1_000_000;

/** One replica's place: who is there now, and until when nobody moves it. */
interface Place {
  running: SimulatedReplica | null;
  lives: number;
  untilTick: number;
}

/** Plays so many hours of one seed, and judges what happened. */
export async function simulate({ seed, hours, plant }: SimulationOptions): Promise<SimulationReport> {
  const folder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), "wattproof-simulation-"));
  let nowMs = Date.UTC(2026, 2, 1, 10);
  const now = () => nowMs;
  const store = openSqliteStore(folder, now);
  try {
    return await play({ seed, hours, plant, store, now, pass: () => (nowMs += tickMs) });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(
  options: SimulationOptions & { readonly store: Store; readonly now: () => number; readonly pass: () => void },
): Promise<SimulationReport> {
  const { seed, hours, plant, store, now, pass } = options;
  const random = createRandom(seed);
  const network = createSimulatedChain(random, Math.floor(now() / 1_000));
  const rights: History["rights"][number][] = [];
  const places: Place[] = Array.from({ length: replicaCount }, () => ({ running: null, lives: 0, untilTick: 0 }));
  const chargers: SimulatedCharger[] = [];
  for (let index = 1; index <= chargerCount; index += 1) chargers.push(await addCharger(store, index, now));

  async function start(place: Place, index: number): Promise<void> {
    place.lives += 1;
    const ledger = createFaultyLedger({ store, random, plant, rights });
    const replicaId = `r${index + 1}.${place.lives}`;
    const opening = openSimulatedReplica({ replicaId, ledger, network, plant, now });
    place.running = await opening.catch(() => null);
  }

  /** Moves one replica by a round, unless it is stopped in the middle of one. */
  async function move(place: Place, index: number, tick: number): Promise<void> {
    const { running } = place;
    if (tick < place.untilTick) return;
    if (running === null) {
      await start(place, index);
      return;
    }
    if (running.ledger.isFrozen) running.ledger.thaw();
    await Promise.race([running.round(), running.ledger.stuck()]);
    if (running.ledger.isFrozen) place.untilTick = tick + frozenTicks;
  }

  async function disturb(tick: number): Promise<void> {
    if (random.below(odds.reorganisation) === 0)
      network.reorganise(1 + random.below(deepest), Math.floor(now() / 1_000));
    const place = places[random.below(places.length)];
    const running = place?.running ?? null;
    if (place === undefined || running === null || running.ledger.isFrozen) return;
    if (random.below(odds.freeze) === 0) running.ledger.freeze(1 + random.below(12), random.below(2) === 0);
    else if (random.below(odds.kill) === 0) {
      running.ledger.kill();
      place.running = null;
      place.untilTick = tick + deadTicks;
      await running.end();
    }
  }

  const live = (): readonly SimulatedReplica[] =>
    places.flatMap(({ running }) => (running === null || running.ledger.isFrozen ? [] : [running]));

  async function tickOnce(tick: number, isCalm: boolean): Promise<void> {
    pass();
    network.mine(Math.floor(now() / 1_000));
    if (!isCalm) await disturb(tick);
    for (const charger of chargers) {
      if (!isCalm && charger.isIdle && random.below(odds.session) === 0) charger.open(network, random);
      if (!isCalm && random.below(odds.cut) === 0) charger.cut();
      const there = live();
      const chosen = there[random.below(Math.max(1, there.length))];
      if (chosen !== undefined) await charger.act(store, chosen, random);
    }
    for (const [index, place] of places.entries()) await move(place, index, tick);
    if (!isCalm && random.below(odds.withdrawal) === 0) network.withdraw(BigInt(random.below(5_000_000)));
  }

  const ticks = Math.ceil(hours * ticksPerHour);
  for (let tick = 0; tick < ticks + calmTicks; tick += 1) await tickOnce(tick, tick >= ticks);
  for (const { running } of places) {
    running?.ledger.thaw();
    await running?.retryParked().catch(() => undefined);
  }
  for (let tick = ticks + calmTicks; tick < ticks + 2 * calmTicks; tick += 1) await tickOnce(tick, true);
  for (const { running } of places) {
    running?.ledger.kill();
    await running?.end();
  }
  return report(options, await historyOf(store, network, chargers, rights), chargers, store);
}

async function addCharger(store: Store, index: number, now: () => number): Promise<SimulatedCharger> {
  const stationId = `CS-${index}`;
  await store.putStation({ stationId, apiKeySha256: "00", evses: [index] });
  await assignTariff(store, [index], testTariff);
  const terms = {
    ...{
      driver: `0x${String(index).padStart(40, "d")}`,
      operator: oracle,
      agreement: 0,
      tariffId: tariffIdOf(testTariff),
    },
    ...{ evse: index, meter: index, maximumPowerW: 22_000, holdMicro: 50_000_000n, expiresAt: 4_000_000_000 },
  };
  return createSimulatedCharger({ stationId, terms, now });
}

async function historyOf(
  store: Store,
  network: SimulatedChain,
  chargers: readonly SimulatedCharger[],
  rights: History["rights"],
): Promise<History> {
  const kept: History["kept"][number][] = [];
  for (const { stationId } of chargers) {
    for (const { text, stationOrdinal } of await store.listFrames(stationId, 0, frameLimit)) {
      kept.push({ stationId, text, place: stationOrdinal });
    }
  }
  const settled: History["settled"][number][] = [];
  const charged = network.charged();
  for (const [sessionId, chainMicro] of charged) {
    const closing = (await store.findSession(sessionId))?.state.closing ?? null;
    if (chainMicro === null && closing === null) continue;
    const meterMicro = chargers.flatMap((charger) => charger.priceOf(sessionId) ?? [])[0] ?? null;
    const ledgerMicro = closing?.kind === "settled" ? closing.chargedMicro : null;
    settled.push({ sessionId, settlements: network.settlementsOf(sessionId), ledgerMicro, chainMicro, meterMicro });
  }
  const batches = [...network.batchesSent()].map(([batchId, txHashes]) => ({ batchId, txHashes }));
  const acknowledged = chargers.flatMap((charger) => charger.acknowledged);
  return { acknowledged, kept, rights, batches, settled, ...network.books };
}

async function report(
  { seed, hours }: SimulationOptions,
  history: History,
  chargers: readonly SimulatedCharger[],
  store: Store,
): Promise<SimulationReport> {
  const sessionIds = chargers.flatMap((charger) => charger.sessionIds);
  let held = 0;
  for (const sessionId of sessionIds) {
    const status = (await store.findSession(sessionId))?.state.status;
    if (status === "held" || status === "disputed") held += 1;
  }
  const violations = checkHistory(history);
  return { seed, hours, sessions: sessionIds.length, settled: history.settled.length, held, violations };
}
