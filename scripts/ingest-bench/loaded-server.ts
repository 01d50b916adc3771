import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startChild, type Child } from "./child.ts";
import type { BenchProtocol } from "./messages.ts";
import { usageOfTree, type TreeUsage } from "./process-usage.ts";
import type { BenchAnswer } from "./protocol.ts";

/** Memory of a server at one time. */
export interface MemoryUse {
  /** What the operating system has given to it. */
  readonly residentBytes: number;
  /** What of it is still used. */
  readonly liveBytes: number;
}

/** A server of the benchmark, or several replicas of one, with its chargers, which are connected and wait. */
export interface LoadedServer {
  /** Of all its processes, without those of a database. */
  usage(): TreeUsage;
  /** Processor time of the database so far; 0 where there is none. */
  databaseCpuSeconds(): number;
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
  /** By default one with its store in a folder. */
  readonly replicas?: number;
  readonly database?: BenchDatabase | null;
}

/** A server of PostgreSQL with an empty database for each call. */
export interface BenchDatabase {
  readonly pid: number;
  createDatabase(): Promise<string>;
}

const settleMs = 2_000;

/** Starts a server and its chargers, in processes of their own, for as long as the work with them takes. */
export async function withLoadedServer<Result>(
  name: "service" | "yardstick",
  { protocol, chargers: stations, isIdle, replicas = 1, database = null }: Load,
  work: (server: LoadedServer) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-bench-"));
  const key = randomBytes(20).toString("hex");
  const store = database === null ? null : await database.createDatabase();
  const servers: Child[] = [];
  const urls: string[] = [];
  const chargers = startChild("chargers.ts", null);
  const usage = (): TreeUsage => sumOf(servers.map(({ pid }) => usageOfTree(pid)));

  /** Asks every server, and resolves with their answers. */
  async function askAll<Kind extends BenchAnswer["kind"]>(order: object, kind: Kind) {
    return Promise.all(
      servers.map((server) => {
        const heard = server.hear(kind);
        server.tell(order);
        return heard;
      }),
    );
  }

  try {
    for (let replica = 0; replica < replicas; replica += 1) {
      const server = startChild(`${name}-server.ts`, { folder, key, protocol, stations, store, replica });
      servers.push(server);
      urls.push((await server.hear("listening")).url);
    }
    await delay(isIdle ? settleMs : 0);
    const residentBytesBefore = usage().residentBytes;
    const connected = chargers.hear("connected");
    chargers.tell({ kind: "connect", urls, key, protocol, chargers: stations, isIdle });
    await connected;

    return await work({
      usage,
      databaseCpuSeconds: () => (database === null ? 0 : usageOfTree(database.pid).cpuSeconds),
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
        const read = await askAll({ kind: "read-all" }, "read");

        return Math.max(...read.map(({ unread }) => unread));
      },
      async weigh() {
        const { residentBytes } = usage();
        const weighed = await askAll({ kind: "weigh" }, "weighed");

        return { residentBytes, liveBytes: weighed.reduce((sum, { liveBytes }) => sum + liveBytes, 0) };
      },
      stopChargers() {
        const stopped = chargers.hear("stopped");
        chargers.tell({ kind: "stop" });

        return stopped;
      },
      async countStored() {
        let stored = 0;
        // The last one counts when the others have ended.
        for (const server of servers) {
          const counted = server.hear("counted");
          server.tell({ kind: "stop" });
          stored = (await counted).stored;
        }

        return stored;
      },
    });
  } finally {
    await Promise.all([...servers, chargers].map((child) => child.end()));
    await rm(folder, { recursive: true, force: true });
  }
}

function sumOf(usages: readonly TreeUsage[]): TreeUsage {
  return {
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentBytes: usages.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  };
}
