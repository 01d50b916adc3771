import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startChild } from "./child.ts";
import type { BenchProtocol } from "./messages.ts";
import { usageOfTree } from "./process-usage.ts";
import type { BenchAnswer } from "./protocol.ts";

/** Memory of a server at one time. */
export interface MemoryUse {
  /** What the operating system has given to it. */
  readonly residentBytes: number;
  /** What of it is still used. */
  readonly liveBytes: number;
}

/** A server of the benchmark with its chargers, which are connected and wait. */
export interface LoadedServer {
  readonly pid: number;
  /** Before the chargers connected. */
  readonly residentBytesBefore: number;
  run(): void;
  /** Resolves when every charger has its last answer. */
  pause(): Promise<void>;
  /** What is acknowledged from now on counts. */
  beginMeasuring(): void;
  /** Resolves when everything that was answered is judged, with how many frames were not at the call. */
  readAll(): Promise<number>;
  weigh(): Promise<MemoryUse>;
  /** Disconnects the chargers. */
  stopChargers(): Promise<Extract<BenchAnswer, { kind: "stopped" }>>;
  /** Ends the server. @returns messages on its disk */
  countStored(): Promise<number>;
}

/** What a server answers to. */
export interface Load {
  readonly protocol: BenchProtocol;
  readonly chargers: number;
  /** The chargers connect and do nothing. */
  readonly isIdle: boolean;
}

const settleMs = 2_000;

/** Starts a server and its chargers, in processes of their own, for as long as the work with them takes. */
export async function withLoadedServer<Result>(
  name: "service" | "yardstick",
  { protocol, chargers: stations, isIdle }: Load,
  work: (server: LoadedServer) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-bench-"));
  const key = randomBytes(20).toString("hex");
  const server = startChild(`${name}-server.ts`, { folder, key, protocol, stations });
  const chargers = startChild("chargers.ts", null);
  try {
    const { url } = await server.hear("listening");
    await delay(isIdle ? settleMs : 0);
    const residentBytesBefore = usageOfTree(server.pid).residentBytes;
    const connected = chargers.hear("connected");
    chargers.tell({ kind: "connect", url, key, protocol, chargers: stations, isIdle });
    await connected;

    return await work({
      pid: server.pid,
      residentBytesBefore,
      run() {
        chargers.tell({ kind: "run" });
      },
      async pause() {
        const paused = chargers.hear("paused");
        chargers.tell({ kind: "pause" });
        await paused;
      },
      beginMeasuring() {
        chargers.tell({ kind: "measure" });
      },
      async readAll() {
        const read = server.hear("read");
        server.tell({ kind: "read-all" });

        return (await read).unread;
      },
      async weigh() {
        const { residentBytes } = usageOfTree(server.pid);
        const weighed = server.hear("weighed");
        server.tell({ kind: "weigh" });
        const { liveBytes } = await weighed;

        return { residentBytes, liveBytes };
      },
      stopChargers() {
        const stopped = chargers.hear("stopped");
        chargers.tell({ kind: "stop" });

        return stopped;
      },
      async countStored() {
        const counted = server.hear("counted");
        server.tell({ kind: "stop" });

        return (await counted).stored;
      },
    });
  } finally {
    await Promise.all([server.end(), chargers.end()]);
    await rm(folder, { recursive: true, force: true });
  }
}
