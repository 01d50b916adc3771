import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { OcppConfig } from "../../services/config/ocpp-settings.ts";
import { stationKeySha256Of } from "../../services/ocpp/wire/station-key.ts";
import type { Store } from "../../services/store/store.ts";
import { openOcppWorld, stationKey } from "../helpers/ocpp-service.ts";
import { stormAnswerSchema, type StormAnswer } from "./protocol.ts";

export interface StormOptions {
  readonly stations: number;
  /** That each station has kept when it comes back. */
  readonly messages?: number;
  readonly config?: Partial<OcppConfig>;
  /** Within which a station whose turn has come must be let in. */
  readonly headersTimeoutMs?: number;
}

export interface StormReport extends StormAnswer {
  readonly stations: number;
  /** The most stations that waited for their turn at once. */
  readonly mostWaiting: number;
  /** Messages that stations had an answer to, and those of them that are not kept. */
  readonly answered: number;
  readonly lost: readonly string[];
}

const registeredAtOnce = 500;
const lookMs = 5;
const frameLimit = 10_000;

/** Drops the connections of so many stations at once, and has all of them come back at once. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { stations, messages = 3, config = {}, headersTimeoutMs = 10_000 } = options;
  const world = await openOcppWorld({
    config: { connections: 2 * stations, connectionsPerAddress: 2 * stations, ...config },
    entrance: { headersTimeoutMs },
  });
  let mostWaiting = 0;
  const look = setInterval(() => {
    mostWaiting = Math.max(mostWaiting, world.ocpp.door.waiting);
  }, lookMs);
  try {
    for (let first = 0; first < stations; first += registeredAtOnce) {
      const count = Math.min(registeredAtOnce, stations - first);
      await Promise.all(Array.from({ length: count }, (_, offset) => register(world.store, `CS-${first + offset}`)));
    }
    const answer = await play({ url: world.url, key: stationKey, stations, messages });
    const lost: string[] = [];
    for (let index = 0; index < stations; index += 1) {
      const frames = await world.store.listFrames(`CS-${index}`, 0, frameLimit);
      const kept = frames.flatMap(({ action, messageId }) => (action === "StatusNotification" ? [messageId] : []));
      for (let message = 0; message < messages; message += 1) {
        const messageId = `CS-${index}-${message}`;
        if (!kept.includes(messageId)) lost.push(messageId);
      }
    }
    return { stations, ...answer, mostWaiting, answered: stations * messages, lost };
  } finally {
    clearInterval(look);
    await world.close();
  }
}

async function register(store: Store, stationId: string): Promise<void> {
  await store.putStation({ stationId, apiKeySha256: "00", evses: [] });
  await store.setOcppAccess(stationId, { leastSecurityProfile: 1, bootStatus: "Accepted" });
  await store.replaceStationKeys(stationId, stationKeySha256Of(stationKey), 1);
}

function play(order: object): Promise<StormAnswer> {
  const entry = fileURLToPath(new URL("stations.ts", import.meta.url));
  const child = fork(entry, [], { execArgv: ["--disable-warning=ExperimentalWarning"] });
  return new Promise((resolve, reject) => {
    child.once("message", (message) => {
      resolve(stormAnswerSchema.parse(message));
    });
    child.once("exit", (code) => {
      reject(new Error(`The stations ended with ${String(code)}.`));
    });
    child.send(order);
  });
}
