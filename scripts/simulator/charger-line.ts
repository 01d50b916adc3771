import { z } from "zod";

import { statusOf } from "./charger-events.ts";
import { pause } from "./charger-pause.ts";
import type { ChargerMemory, ChargerState } from "./charger-state.ts";
import { CallRefusedError, connectOcppLine, type OcppLine, type ServiceCall } from "./ocpp-line.ts";

const protocol = "ocpp2.0.1";
const reconnectMs = 500;
const idleMs = 250;
const heartbeatMs = 60_000;
const queuedSchema = z.object({ action: z.string(), payload: z.looseObject({}) });

/** What a charger needs to speak to the service. */
export interface ChargerLineDeps {
  readonly url: string;
  readonly stationId: string;
  readonly stationKey: string;
  readonly serialNumber: string;
  readonly memory: ChargerMemory;
  readonly nowSeconds: () => number;
  readonly answerTo: (call: ServiceCall) => object | null;
  /** Ends the talk. */
  readonly signal: AbortSignal;
}

/** Stays connected until the signal ends it, and tells what is in the queue until the service has answered it. */
export async function stayConnected(deps: ChargerLineDeps): Promise<void> {
  const { url, stationId, stationKey, answerTo, signal } = deps;
  while (!signal.aborted) {
    try {
      const line = await connectOcppLine({ url, stationId, stationKey, protocol, answerTo });
      const hangUp = (): void => void line.close();
      signal.addEventListener("abort", hangUp, { once: true });
      try {
        await talk(line, deps);
      } finally {
        signal.removeEventListener("abort", hangUp);
        await line.close();
      }
    } catch {
      // The service is away; what is to be told waits.
      await pause(reconnectMs, signal);
    }
  }
}

/** Tells what is in the queue, one after the other, as long as the line holds. */
async function talk(line: OcppLine, { memory, nowSeconds, serialNumber, signal }: ChargerLineDeps): Promise<void> {
  await line.call("BootNotification", {
    reason: "PowerUp",
    chargingStation: { vendorName: "Wattproof", model: "Simulated charger", serialNumber },
  });
  await line.call("StatusNotification", statusOf(memory.read(), nowSeconds()));
  let lastSaidMs = performance.now();
  while (line.isUp() && !signal.aborted) {
    const [next] = memory.read().queue;
    if (next !== undefined) {
      await sendOne(line, next);
      memory.keep({ queue: memory.read().queue.slice(1) });
      lastSaidMs = performance.now();
    } else if (performance.now() - lastSaidMs > heartbeatMs) {
      await line.call("Heartbeat", {});
      lastSaidMs = performance.now();
    } else {
      await pause(idleMs, signal);
    }
  }
}

async function sendOne(line: OcppLine, queued: ChargerState["queue"][number]): Promise<void> {
  const { action, payload } = queuedSchema.parse(queued);
  try {
    await line.call(action, payload);
  } catch (error) {
    // What the service refuses for good would keep everything behind it from being told.
    if (!(error instanceof CallRefusedError)) throw error;
  }
}
