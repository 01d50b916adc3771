import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";

import type { Random } from "../helpers/random.ts";
import type { ChaosReplica, ChaosWorld } from "./chaos-world.ts";

/** Makes something go wrong and right again; resolves when it is right. */
type Fault = (world: ChaosWorld, random: Random) => Promise<void>;

/** Longer than a lease of the replicas, so that others have taken over what somebody else had. */
const longMs = 3_500;
const shortestMs = 300;

/** Some faults are over before anybody has taken over, others are not. */
const someTime = (random: Random): Promise<void> => sleep(shortestMs + random.below(longMs - shortestMs));

function pickReplica({ replicas }: ChaosWorld, random: Random): ChaosReplica {
  const replica = replicas[random.below(replicas.length)];
  if (replica === undefined) throw new RangeError("There are replicas.");
  return replica;
}

/** The replica that has a station, of which the service may have promised something a moment ago. */
async function pickHolder(world: ChaosWorld, random: Random): Promise<ChaosReplica> {
  const station = world.stations[random.below(world.stations.length)];
  const hold = station === undefined ? null : await world.store.findStationHold(station.stationId);
  return world.replicas.find(({ name }) => hold?.replicaId?.startsWith(`${name}-`)) ?? pickReplica(world, random);
}

/** Work that takes every connection of every pool: nobody gets past this lock while it is held. */
async function fillPools({ postgres }: ChaosWorld, random: Random): Promise<void> {
  const { port } = postgres.primary;
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: postgres.database });
  await client.connect();
  try {
    await client.query("BEGIN; LOCK TABLE sessions, ocpp_frames IN ACCESS EXCLUSIVE MODE");
    await someTime(random);
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
}

export const faults = {
  "replica-killed": async (world, random) => {
    const { service } = await pickHolder(world, random);
    await service.kill();
    await service.url();
  },
  "replica-frozen": async (world, random) => {
    const { service } = await pickHolder(world, random);
    service.freeze();
    await someTime(random);
    service.thaw();
  },
  "replica-restarted": async (world, random) => {
    const { service } = pickReplica(world, random);
    await service.restart();
    await service.url();
  },
  /** Its clock is wrong by up to 20 seconds from then on. */
  "clocks-apart": async (world, random) => {
    const { service } = pickReplica(world, random);
    await service.restart({ CLOCK_AHEAD_MS: String(random.below(40_001) - 20_000) });
    await service.url();
  },
  "stations-cut-off": async (world, random) => {
    const { door } = pickReplica(world, random);
    door.cut();
    await someTime(random);
    door.mend();
  },
  "stations-unheard": async (world, random) => {
    const { door } = pickReplica(world, random);
    door.hang();
    await someTime(random);
    door.mend();
  },
  "ledger-cut-off": async (world, random) => {
    const { ledger } = pickReplica(world, random);
    for (const line of ledger) line.cut();
    await someTime(random);
    for (const line of ledger) line.mend();
  },
  "ledger-unheard": async (world, random) => {
    const { ledger } = pickReplica(world, random);
    for (const line of ledger) line.hang();
    await someTime(random);
    for (const line of ledger) line.mend();
  },
  "pools-full": fillPools,
  "primary-killed": async ({ postgres: { primary } }) => {
    await primary.kill();
    await primary.start();
  },
  "primary-frozen": async ({ postgres: { primary } }, random) => {
    primary.freeze();
    await someTime(random);
    primary.thaw();
  },
  "primary-lost": ({ postgres }) => postgres.failOver(),
  "standby-killed": async ({ postgres: { standby } }, random) => {
    await standby.kill();
    await someTime(random);
    await standby.start();
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as readonly FaultName[];

/** Those that need a standby. */
const standbyFaults: readonly FaultName[] = ["primary-lost", "standby-killed"];

/** Faults in an order of chance in which each comes before any comes again. */
export function drawFaults(random: Random, count: number, hasStandby: boolean): readonly FaultName[] {
  const possible = faultNames.filter((name) => hasStandby || !standbyFaults.includes(name));
  const drawn: FaultName[] = [];
  while (drawn.length < count) {
    const left = [...possible];
    while (left.length > 0) drawn.push(...left.splice(random.below(left.length), 1));
  }
  return drawn.slice(0, count);
}
