import { setTimeout as delay } from "node:timers/promises";

import { withLoadedServer, type BenchDatabase, type LoadedServer, type MemoryUse } from "./loaded-server.ts";
import type { BenchProtocol } from "./messages.ts";

/** What one server did. */
export interface Measurement {
  readonly messages: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perCoreSecond: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** The most frames that were answered and that nothing had read when a slice ended. */
  readonly unread: number;
  /** Processor time that the database took beside the server's. */
  readonly databaseCpuSeconds: number;
  /** After warming up, in the middle of the load and at its end. */
  readonly memory: { readonly start: MemoryUse; readonly middle: MemoryUse; readonly end: MemoryUse };
}

/** The service, and beside it the least that anybody could do. */
export interface Comparison {
  readonly service: Measurement;
  readonly yardstick: Measurement;
}

export interface BenchPlan {
  readonly protocol: BenchProtocol;
  readonly chargers: number;
  /** How long each of the two is under load. */
  readonly seconds: number;
  /** Of the service. */
  readonly replicas: number;
  /** `null`: the service's store is in a folder, as the yard-stick's always is. */
  readonly database: BenchDatabase | null;
}

const warmUpMs = 2_000;
const settleMs = 2_000;
/** Short, so that what else the machine does meets both servers alike; long against what one answer takes. */
const slicesPerSecond = 1;

/**
 * Puts the service and the yard-stick under load in turns, a slice each, and measures them from outside. Processor time is
 * counted until a server has done everything with the messages of a slice that it does with them, however long after their
 * answers.
 */
export function compareServers({ protocol, chargers, seconds, replicas, database }: BenchPlan): Promise<Comparison> {
  const load = { protocol, chargers, isIdle: false };
  const slices = Math.max(2, seconds * slicesPerSecond);
  const sliceMs = (seconds * 1_000) / slices;

  return withLoadedServer("service", { ...load, replicas, database }, (service) =>
    withLoadedServer("yardstick", load, async (yardstick) => {
      const measured = [await beginMeasuring(service), await beginMeasuring(yardstick)] as const;
      for (let slice = 0; slice < slices; slice += 1) {
        for (const server of measured) {
          if (slice === Math.floor(slices / 2)) {
            server.weights.push(await server.server.weigh());
          }
          await measureSlice(server, sliceMs);
        }
      }

      return { service: await endMeasuring(measured[0]), yardstick: await endMeasuring(measured[1]) };
    }),
  );
}

/** How much memory a connection takes that does nothing. */
export function measureIdle(protocol: BenchProtocol, connections: number): Promise<number> {
  return withLoadedServer("service", { protocol, chargers: connections, isIdle: true }, async (server) => {
    await delay(settleMs);
    const bytes = server.usage().residentBytes - server.residentBytesBefore;
    await server.stopChargers();
    await server.countStored();

    return bytes / connections;
  });
}

/** A server, and what was measured of it so far. */
interface Measured {
  readonly server: LoadedServer;
  readonly weights: MemoryUse[];
  loadSeconds: number;
  cpuSeconds: number;
  databaseCpuSeconds: number;
  unread: number;
}

async function beginMeasuring(server: LoadedServer): Promise<Measured> {
  await loadFor(server, warmUpMs);
  server.beginMeasuring();

  return { server, weights: [await server.weigh()], loadSeconds: 0, cpuSeconds: 0, databaseCpuSeconds: 0, unread: 0 };
}

async function measureSlice(measured: Measured, sliceMs: number): Promise<void> {
  const { server } = measured;
  const before = server.usage().cpuSeconds;
  const databaseBefore = server.databaseCpuSeconds();
  const { seconds, unread } = await loadFor(server, sliceMs);
  measured.cpuSeconds += server.usage().cpuSeconds - before;
  measured.databaseCpuSeconds += server.databaseCpuSeconds() - databaseBefore;
  measured.loadSeconds += seconds;
  measured.unread = Math.max(measured.unread, unread);
}

async function loadFor(
  server: LoadedServer,
  durationMs: number,
): Promise<{ readonly seconds: number; readonly unread: number }> {
  const beganAtMs = performance.now();
  server.run();
  await delay(durationMs);
  await server.pause();
  const seconds = (performance.now() - beganAtMs) / 1_000;

  return { seconds, unread: await server.readAll() };
}

async function endMeasuring(measured: Measured): Promise<Measurement> {
  const { server, weights, loadSeconds, cpuSeconds, databaseCpuSeconds, unread } = measured;
  const end = await server.weigh();
  const [start = end, middle = end] = weights;
  const { messages, p50Ms, p99Ms, acknowledged } = await server.stopChargers();

  return {
    messages,
    perSecond: messages / loadSeconds,
    p50Ms,
    p99Ms,
    perCoreSecond: messages / cpuSeconds,
    acknowledged,
    stored: await server.countStored(),
    unread,
    databaseCpuSeconds,
    memory: { start, middle, end },
  };
}
