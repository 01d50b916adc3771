import { setTimeout as sleep } from "node:timers/promises";

import { idTagOf } from "../../services/domain/id-tag.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import type { Store, StoredSession } from "../../services/store/store.ts";
import type { ChargeStopper } from "../../services/web/server/stop-charging.ts";
import type { SimulatedMeter } from "../simulator/meter.ts";
import type { SimulatedStation } from "../simulator/station.ts";
import { demoTariff } from "./tariff.ts";

/** A charger that a person can use from the page of a demo: a car is always plugged in, and charges at once. */
export interface PageCharger extends ChargeStopper {
  /** Gives it its meter and its station; until then it does nothing. */
  connect(parts: ChargerParts): void;
  close(): Promise<void>;
}

interface ChargerParts {
  readonly evse: number;
  readonly meter: SimulatedMeter;
  readonly station: SimulatedStation;
  readonly store: Pick<Store, "listSessions">;
  nowSeconds(): number;
}

/** A fast charger: enough flows to be seen at once. */
const powerW = 150_000;
/** How long a person needs to plug in. */
const plugInMs = 1_500;
const readingMs = 4_000;
const lookMs = 500;
/** A reading every four seconds for a quarter of an hour; every record is verified again with each that follows. */
const readingLimit = 225;
const sessionsLookedAt = 20;
const msPerHour = 3_600_000n;

/** Simulates the charger: it begins when a session opens at it, and ends when told, or when the hold is used up. */
export function createPageCharger(): PageCharger {
  const closing = new AbortController();
  const charged = new Set<string>();
  const stopped = new Set<string>();
  let running: Promise<void> = Promise.resolve();

  async function charge(parts: ChargerParts, { sessionId, terms }: StoredSession): Promise<void> {
    const idTag = idTagOf(sessionId);
    const { meter, station } = parts;
    const energyMicroWh = (BigInt(powerW) * BigInt(readingMs) * 1_000_000n) / msPerHour;
    const step = async (transaction: "B" | "C" | "E", flowedMicroWh: bigint): Promise<void> => {
      const epochSeconds = parts.nowSeconds();
      await station.post(meter.step({ idTag, transaction, energyMicroWh: flowedMicroWh, epochSeconds }));
    };
    const beginSeconds = parts.nowSeconds();
    let totalMicroWh = 0n;
    await step("B", 0n);
    for (let readings = 0; readings < readingLimit && !stopped.has(sessionId); readings += 1) {
      await pause(readingMs, closing.signal);
      if (closing.signal.aborted) {
        break;
      }
      totalMicroWh += energyMicroWh;
      const { grossMicro } = priceOf(demoTariff, totalMicroWh, parts.nowSeconds() - beginSeconds, 0);
      if (grossMicro >= terms.holdMicro) {
        break;
      }
      await step("C", energyMicroWh);
    }
    await step("E", 0n);
  }

  async function findSession(parts: ChargerParts): Promise<StoredSession | undefined> {
    const opened = await parts.store.listSessions({ status: "opened", limit: sessionsLookedAt, after: null });

    return opened.find(({ terms, sessionId }) => terms.evse === parts.evse && !charged.has(sessionId));
  }

  async function serve(parts: ChargerParts): Promise<void> {
    while (!closing.signal.aborted) {
      const session = await findSession(parts);
      if (session === undefined) {
        await pause(lookMs, closing.signal);
        continue;
      }
      charged.add(session.sessionId);
      await pause(plugInMs, closing.signal);
      await charge(parts, session);
    }
  }

  return {
    stop({ sessionId }) {
      if (!charged.has(sessionId)) {
        return Promise.resolve(false);
      }
      stopped.add(sessionId);

      return Promise.resolve(true);
    },
    connect(parts) {
      running = serve(parts);
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort only ends the wait; whoever waits looks at the signal.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
