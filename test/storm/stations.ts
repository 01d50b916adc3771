import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import { stormAnswerSchema, stormOrderSchema, type StormOrder } from "./protocol.ts";

/**
 * Stations in a process of their own. Told to connect, they connect and say that they have booted; told to drop, all
 * connections end at once, and every station comes back at once with messages that it has kept meanwhile. Who is told to
 * come back later does so then, and sends each message until it is answered.
 */
interface Station {
  readonly stationId: string;
  socket: WebSocket | null;
  /** Messages without an answer. */
  readonly unanswered: string[];
}

const usualRetryMs = 1_000;
let deferred = 0;
let longestRetryAfterSeconds = 0;

async function come(order: StormOrder, station: Station): Promise<void> {
  while (station.unanswered.length > 0) {
    const pauseMs = await visit(order, station);
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

/** Connects and sends what is unanswered. @returns how long to wait before the next attempt, if one is needed */
function visit({ url, key }: StormOrder, station: Station): Promise<number> {
  const { stationId, unanswered } = station;
  const authorization = `Basic ${Buffer.from(`${stationId}:${key}`).toString("base64")}`;
  const socket = new WebSocket(`${url}/ocpp/${stationId}`, ["ocpp1.6"], {
    headers: { authorization },
    perMessageDeflate: false,
  });
  station.socket = socket;
  return new Promise((resolve) => {
    const sendNext = (): void => {
      const [text] = unanswered;
      if (text === undefined) resolve(0);
      else socket.send(text);
    };
    socket.on("unexpected-response", (request, response) => {
      deferred += 1;
      const seconds = Number(response.headers["retry-after"] ?? "");
      longestRetryAfterSeconds = Math.max(longestRetryAfterSeconds, seconds);
      request.destroy();
      resolve(Number.isInteger(seconds) && seconds > 0 ? seconds * 1_000 : usualRetryMs);
    });
    socket.once("open", sendNext);
    socket.on("message", (data: Buffer) => {
      const frame: unknown = JSON.parse(data.toString());
      if (!Array.isArray(frame) || frame[0] !== 3) return;
      unanswered.shift();
      sendNext();
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      resolve(usualRetryMs);
    });
  });
}

function messageOf(stationId: string, index: number): string {
  const payload = { connectorId: 1, errorCode: "NoError", status: index % 2 === 0 ? "Available" : "Preparing" };
  return JSON.stringify([2, `${stationId}-${index}`, "StatusNotification", payload]);
}

async function follow(order: StormOrder): Promise<void> {
  const boot = { chargePointVendor: "V", chargePointModel: "M" };
  const stations = Array.from({ length: order.stations }, (_, index): Station => {
    const stationId = `CS-${index}`;
    return { stationId, socket: null, unanswered: [JSON.stringify([2, "boot", "BootNotification", boot])] };
  });
  await Promise.all(stations.map((station) => come(order, station)));
  const sockets = stations.map(({ socket }) => socket);
  for (const { stationId, unanswered } of stations) {
    for (let index = 0; index < order.messages; index += 1) unanswered.push(messageOf(stationId, index));
  }
  [deferred, longestRetryAfterSeconds] = [0, 0];
  const droppedMs = performance.now();
  for (const socket of sockets) socket?.terminate();
  const backMs: number[] = [];
  await Promise.all(
    stations.map(async (station) => {
      await come(order, station);
      backMs.push(performance.now() - droppedMs);
    }),
  );
  backMs.sort((left, right) => left - right);
  const halfBackMs = Math.round(backMs[Math.floor(backMs.length / 2)] ?? 0);
  const allBackMs = Math.round(backMs.at(-1) ?? 0);
  process.send?.(stormAnswerSchema.parse({ halfBackMs, allBackMs, deferred, longestRetryAfterSeconds }));
  for (const { socket } of stations) socket?.terminate();
  process.disconnect();
}

process.on("message", (message) => {
  follow(stormOrderSchema.parse(message)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
