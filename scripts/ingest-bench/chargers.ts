import { WebSocket } from "ws";

import { answers, orders, type ChargersOrder } from "./protocol.ts";
import { benchIdTagOf, benchMessages, timeOf } from "./messages.ts";

/**
 * Chargers in a process of their own: each sends a message, waits for the answer, and sends the next one. What it is told
 * comes over the channel to its parent: connect, measure, run, pause, stop.
 */
const connectionsAtOnce = 100;
let isRunning = false;
let isMeasuring = false;
let acknowledged = 0;
let measured = 0;
const latenciesMs: number[] = [];
/** What those do next that have the answer to their last message. */
let pausing: (() => void)[] = [];
let chargers = 0;
let tellPaused: () => void = () => undefined;
const sockets: WebSocket[] = [];

function connect(order: ChargersOrder, index: number): Promise<WebSocket> {
  const stationId = `BENCH-${index}`;
  const authorization = `Basic ${Buffer.from(`${stationId}:${order.key}`).toString("base64")}`;
  const url = order.urls[index % order.urls.length] ?? "";
  const socket = new WebSocket(`${url}/ocpp/${stationId}`, [order.protocol], {
    headers: { authorization },
    perMessageDeflate: false,
  });
  sockets.push(socket);

  return new Promise((resolve, reject) => {
    socket.once("open", () => {
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

function answerOf(data: unknown): unknown {
  const frame: unknown = JSON.parse(String(data));
  if (!Array.isArray(frame) || frame[0] !== 3) {
    throw new Error(`A charger was answered with ${String(data)}`);
  }

  return frame[2];
}

/** Resolves when the charger's transaction has begun. */
function charge(order: ChargersOrder, socket: WebSocket, index: number): Promise<void> {
  const messages = benchMessages[order.protocol];
  const startId = `start-${index}`;
  const beganAtMs = Date.now();
  let transaction: unknown;
  let sequence = -1;
  let sentAtMs = 0;

  return new Promise((resolve) => {
    const sendNext = (): void => {
      sequence += 1;
      sentAtMs = performance.now();
      socket.send(messages.reading(`m-${index}-${sequence}`, transaction, timeOf(beganAtMs, sequence), sequence));
    };
    const begin = (answer: unknown): void => {
      transaction = messages.transactionOf(answer) ?? startId;
      pausing.push(sendNext);
      resolve();
    };
    const goOn = (): void => {
      acknowledged += 1;
      if (isMeasuring) {
        measured += 1;
        latenciesMs.push(performance.now() - sentAtMs);
      }
      if (isRunning) {
        sendNext();
      } else if (pausing.push(sendNext) === chargers) {
        tellPaused();
      }
    };
    socket.on("message", (data) => {
      const answer = answerOf(data);
      if (sequence === -1) {
        begin(answer);
      } else {
        goOn();
      }
    });
    // What is thrown here ends the process, and with it the benchmark.
    socket.on("close", (code) => {
      throw new Error(`A charger was disconnected with ${code}`);
    });
    socket.send(messages.start(startId, timeOf(beganAtMs, -1), benchIdTagOf(index)));
  });
}

async function connectAll(order: ChargersOrder): Promise<void> {
  chargers = order.chargers;
  for (let first = 0; first < order.chargers; first += connectionsAtOnce) {
    const count = Math.min(connectionsAtOnce, order.chargers - first);
    const opened = await Promise.all(Array.from({ length: count }, (_item, offset) => connect(order, first + offset)));
    if (!order.isIdle) {
      await Promise.all(opened.map((socket, offset) => charge(order, socket, first + offset)));
    }
  }
}

function run(): void {
  isRunning = true;
  const waiting = pausing;
  pausing = [];
  for (const sendNext of waiting) {
    sendNext();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    tellPaused = resolve;
    isRunning = false;
  });
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function follow(message: unknown): Promise<void> {
  const order = orders.parse(message);
  if (order.kind === "connect") {
    await connectAll(order);
    process.send?.(answers.parse({ kind: "connected" }));
  } else if (order.kind === "measure") {
    isMeasuring = true;
  } else if (order.kind === "run") {
    run();
  } else if (order.kind === "pause") {
    await pause();
    process.send?.(answers.parse({ kind: "paused" }));
  } else {
    for (const socket of sockets) {
      socket.removeAllListeners("close");
      socket.terminate();
    }
    const sorted = latenciesMs.sort((left, right) => left - right);
    process.send?.(
      answers.parse({
        kind: "stopped",
        messages: measured,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        acknowledged,
      }),
    );
    process.disconnect();
  }
}

process.on("message", (message) => {
  follow(message).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
