import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startChild } from "./child.ts";
import type { BenchProtocol } from "./messages.ts";
import { usageOfTree } from "./process-usage.ts";

/** Memory of a server at one time. */
export interface MemoryUse {
  /** What the operating system has given to it. */
  readonly residentBytes: number;
  /** What of it is still used. */
  readonly liveBytes: number;
}

/** What one server did. */
export interface Measurement {
  readonly messages: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perCoreSecond: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Frames that were answered and that nothing has read when the load ended. */
  readonly unread: number;
  /** After warming up, in the middle of the load and at its end. */
  readonly memory: { readonly start: MemoryUse; readonly middle: MemoryUse; readonly end: MemoryUse };
}

export interface BenchPlan {
  readonly protocol: BenchProtocol;
  readonly chargers: number;
  readonly seconds: number;
}

const warmUpMs = 2_000;
const settleMs = 2_000;

/**
 * Puts a server of the benchmark under load, in processes of their own, and measures it from outside. Its processor time is
 * counted until it has done everything with the messages that it does with them, however long after their answers.
 */
export function measureServer(server: "service" | "yardstick", plan: BenchPlan): Promise<Measurement> {
  return withServer(server, plan, plan.chargers, async (context) => {
    const { chargers, serverPid, stopChargers, readAll, weigh, count } = context;
    await delay(warmUpMs);
    const start = await weigh();
    chargers.tell({ kind: "measure" });
    const before = usageOfTree(serverPid);
    const beganAtMs = performance.now();
    await delay(plan.seconds * 500);
    const middle = await weigh();
    await delay(beganAtMs + plan.seconds * 1_000 - performance.now());
    const seconds = (performance.now() - beganAtMs) / 1_000;
    const end = await weigh();
    const { messages, p50Ms, p99Ms, acknowledged } = await stopChargers();
    const { unread } = await readAll();
    const after = usageOfTree(serverPid);
    const { stored } = await count();

    return {
      messages,
      perSecond: messages / seconds,
      p50Ms,
      p99Ms,
      perCoreSecond: messages / (after.cpuSeconds - before.cpuSeconds),
      acknowledged,
      stored,
      unread,
      memory: { start, middle, end },
    };
  });
}

/** How much memory a connection takes that does nothing. */
export function measureIdle(protocol: BenchProtocol, connections: number): Promise<number> {
  return withServer(
    "service",
    { protocol, chargers: connections },
    connections,
    async ({ serverPid, residentBytesBefore, stopChargers, count }) => {
      await delay(settleMs);
      const bytes = usageOfTree(serverPid).residentBytes - residentBytesBefore;
      await stopChargers();
      await count();

      return bytes / connections;
    },
    true,
  );
}

interface BenchContext {
  readonly chargers: ReturnType<typeof startChild>;
  readonly serverPid: number;
  readonly residentBytesBefore: number;
  /** Lets every charger have its last answer. */
  readonly stopChargers: () => Promise<Pick<Measurement, "messages" | "p50Ms" | "p99Ms" | "acknowledged">>;
  readonly readAll: () => Promise<Pick<Measurement, "unread">>;
  readonly weigh: () => Promise<MemoryUse>;
  /** Ends the server. */
  readonly count: () => Promise<Pick<Measurement, "stored">>;
}

async function withServer<Result>(
  name: "service" | "yardstick",
  plan: Pick<BenchPlan, "protocol" | "chargers">,
  stations: number,
  run: (context: BenchContext) => Promise<Result>,
  isIdle = false,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-bench-"));
  const key = randomBytes(20).toString("hex");
  const { protocol } = plan;
  const server = startChild(`${name}-server.ts`, { folder, key, protocol, stations });
  const chargers = startChild("chargers.ts", null);
  try {
    const { url } = await server.hear("listening");
    await delay(isIdle ? settleMs : 0);
    const residentBytesBefore = usageOfTree(server.pid).residentBytes;
    const connected = chargers.hear("connected");
    chargers.tell({ kind: "connect", url, key, protocol, chargers: plan.chargers, isIdle });
    await connected;

    return await run({
      chargers,
      serverPid: server.pid,
      residentBytesBefore,
      stopChargers() {
        const stopped = chargers.hear("stopped");
        chargers.tell({ kind: "stop" });

        return stopped;
      },
      readAll() {
        const read = server.hear("read");
        server.tell({ kind: "read-all" });

        return read;
      },
      async weigh() {
        const { residentBytes } = usageOfTree(server.pid);
        const weighed = server.hear("weighed");
        server.tell({ kind: "weigh" });
        const { liveBytes } = await weighed;

        return { residentBytes, liveBytes };
      },
      count() {
        const counted = server.hear("counted");
        server.tell({ kind: "stop" });

        return counted;
      },
    });
  } finally {
    await Promise.all([server.end(), chargers.end()]);
    await rm(folder, { recursive: true, force: true });
  }
}
