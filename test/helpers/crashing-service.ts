/**
 * The service as a process of its own that kills itself at a step named by CRASH_AT, such as
 * `store.commitStep:after:2`: after the second call of that method has returned. Without it, the service as it is. Its clock
 * is CLOCK_AHEAD_MS ahead.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";

import type { Chain } from "../../services/chain/chain.ts";
import { parseConfiguration } from "../../services/config/config.ts";
import { connectEthereumChain, startService } from "../../services/index.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";

interface CrashPoint {
  readonly target: string;
  readonly method: string;
  readonly moment: string;
  readonly call: number;
}

function readCrashPoint(text: string | undefined): CrashPoint | null {
  const match = /^(store|chain)\.(\w+):(before|after):([0-9]+)$/.exec(text ?? "");
  if (match === null) return null;
  const [, target = "", method = "", moment = "", call = ""] = match;
  return { target, method, moment, call: Number(call) };
}

/** No handler runs and nothing is flushed: what is not on the disk is gone. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("The process outlived SIGKILL.");
}

function crashing<Target extends Store | Chain>(name: string, target: Target, point: CrashPoint | null): Target {
  if (point?.target !== name) return target;
  let calls = 0;
  const crashingAt = <Object extends object>(whole: Object): Object =>
    new Proxy(whole, {
      get(object, property, receiver): unknown {
        const value: unknown = Reflect.get(object, property, receiver);
        if (property === "fenced" && typeof value === "function") {
          return (...parameters: unknown[]): unknown => crashingAt(Reflect.apply(value, object, parameters) as object);
        }
        if (property !== point.method || typeof value !== "function") return value;
        return async (...parameters: unknown[]): Promise<unknown> => {
          calls += 1;
          const isNow = calls === point.call;
          if (isNow && point.moment === "before") die();
          const result: unknown = await Reflect.apply(value, object, parameters);
          if (isNow) die();
          return result;
        };
      },
    });
  return crashingAt(target);
}

async function main(): Promise<void> {
  const point = readCrashPoint(process.env["CRASH_AT"]);
  const aheadMs = Number(process.env["CLOCK_AHEAD_MS"] ?? "0");
  const service = await startService(parseConfiguration(process.env), {
    now: () => Date.now() + aheadMs,
    elapsedMs: () => performance.now(),
    openStore: (folder) => crashing("store", openSqliteStore(folder), point),
    connectChain: async (...parameters) => crashing("chain", await connectEthereumChain(...parameters), point),
  });
  process.stdout.write(`${service.url}\n`);
  process.once("SIGTERM", () => void service.close());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
