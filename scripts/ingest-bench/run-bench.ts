import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startChild } from "./child.ts";
import type { BenchProtocol } from "./messages.ts";
import { usageOfTree } from "./process-usage.ts";

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
  readonly residentBytes: { readonly begin: number; readonly end: number };
}

export interface BenchPlan {
  readonly protocol: BenchProtocol;
  readonly chargers: number;
  readonly seconds: number;
}

const warmUpMs = 2_000;
const settleMs = 2_000;

/** Puts a server of the benchmark under load, in processes of their own, and measures it from outside. */
export function measureServer(server: "service" | "yardstick", plan: BenchPlan): Promise<Measurement> {
  return withServer(server, plan, plan.chargers, async (context) => {
    const { chargers, serverPid } = context;
    await delay(warmUpMs);
    chargers.tell({ kind: "measure" });
    const before = usageOfTree(serverPid);
    const beganAtMs = performance.now();
    await delay(plan.seconds * 1_000);
    const seconds = (performance.now() - beganAtMs) / 1_000;
    const after = usageOfTree(serverPid);
    const heard = chargers.hear("measured");
    chargers.tell({ kind: "pause" });
    const { messages, p50Ms, p99Ms } = await heard;
    const { acknowledged, stored, unread } = await context.stop();

    return {
      messages,
      perSecond: messages / seconds,
      p50Ms,
      p99Ms,
      perCoreSecond: messages / (after.cpuSeconds - before.cpuSeconds),
      acknowledged,
      stored,
      unread,
      residentBytes: { begin: before.residentBytes, end: after.residentBytes },
    };
  });
}

/** How much memory a connection takes that does nothing. */
export function measureIdle(protocol: BenchProtocol, connections: number): Promise<number> {
  return withServer(
    "service",
    { protocol, chargers: connections },
    connections,
    async ({ serverPid, residentBytesBefore, stop }) => {
      await delay(settleMs);
      const bytes = usageOfTree(serverPid).residentBytes - residentBytesBefore;
      await stop();

      return bytes / connections;
    },
    true,
  );
}

interface BenchContext {
  readonly chargers: ReturnType<typeof startChild>;
  readonly serverPid: number;
  readonly residentBytesBefore: number;
  readonly stop: () => Promise<Pick<Measurement, "acknowledged" | "stored" | "unread">>;
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
      async stop() {
        const stopped = chargers.hear("stopped");
        chargers.tell({ kind: "stop" });
        const { acknowledged } = await stopped;
        const counted = server.hear("counted");
        server.tell({ kind: "stop" });

        const { stored, unread } = await counted;

        return { acknowledged, stored, unread };
      },
    });
  } finally {
    await Promise.all([server.end(), chargers.end()]);
    await rm(folder, { recursive: true, force: true });
  }
}
