import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { OcppProtocol } from "../../services/store/ocpp.ts";
import { connectStation, type BareStation } from "../helpers/ocpp-service.ts";
import type { ChargingPoint } from "../helpers/service-chain.ts";
import { vocabularyOf, type ChargingNow, type SoakMessage } from "../soak/soak-messages.ts";
import { createStubbornLine, type Acknowledged, type Doors } from "./stubborn-line.ts";

/** What is to flow in a session, and how long that takes. */
export interface PlannedCharge {
  readonly energyMicroWh: bigint;
  readonly seconds: number;
  /** Pauses between the messages. */
  readonly pausesMs: readonly number[];
}

/** Somebody who charges cars at one EVSE, one after the other, and is not put off by anything. */
export interface ChaosStation {
  readonly stationId: string;
  readonly point: ChargingPoint;
  readonly acknowledged: readonly Acknowledged[];
  /** The longest wait for an answer so far. */
  readonly longestMs: number;
  /** Charges the session with this idTag; resolves when everything was answered. */
  charge(idTag: string, plan: PlannedCharge): Promise<void>;
  close(): void;
}

const answerTimeoutMs = 8_000;
const callSchema = z.tuple([z.literal(2), z.string(), z.string(), z.looseObject({})]);
const startedSchema = z.looseObject({
  transactionId: z.number().optional(),
  idTagInfo: z.looseObject({ status: z.string() }).optional(),
  idTokenInfo: z.looseObject({ status: z.string() }).optional(),
});

/** A charger on a real socket that sends each message until it is answered, with the same id and in order. */
export function createChaosCharger(deps: {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly point: ChargingPoint;
  readonly doors: Doors;
  readonly firstDoor: number;
  readonly patienceMs: number;
}): ChaosStation {
  const { stationId, protocol, point, doors, firstDoor, patienceMs } = deps;
  const words = vocabularyOf(protocol);
  const line = createStubbornLine(doors, firstDoor, patienceMs);
  const acknowledged: Acknowledged[] = [];
  let station: BareStation | null = null;
  let sent = 0;
  let registerWh = 100_000;

  function drop(): void {
    station?.socket.terminate();
    station = null;
  }

  async function connect(url: string): Promise<BareStation> {
    const opened = await within(connectStation(url.replace(/^http/, "ws"), stationId, { protocols: [protocol] }));
    opened.socket.on("error", () => undefined);
    opened.socket.on("message", (data: Buffer) => {
      const call = callSchema.safeParse(JSON.parse(data.toString()));
      // The driver begins by presenting the idTag; what the service asks for beside that is granted.
      if (!call.success) return;
      const answer = call.data[2] === "GetTransactionStatus" ? { messagesInQueue: true } : { status: "Accepted" };
      opened.send(JSON.stringify([3, call.data[1], answer]));
    });
    return opened;
  }

  async function send(url: string, messageId: string, text: string): Promise<unknown> {
    try {
      station ??= await connect(url);
      const at = station;
      at.send(text);
      for (;;) {
        const frame = await within(Promise.race([at.next(), at.closed.then(() => null)]));
        if (frame === null) throw new Error("The connection ended.");
        if (!Array.isArray(frame) || frame[0] === 2 || frame[1] !== messageId) continue;
        if (frame[0] !== 3) throw new Error(`The answer was ${JSON.stringify(frame)}.`);
        return frame[2];
      }
    } catch (error) {
      drop();
      throw error;
    }
  }

  /** @returns the answer */
  async function say(message: SoakMessage): Promise<unknown> {
    sent += 1;
    const messageId = `${stationId}-${sent}`;
    const text = JSON.stringify([2, messageId, message.action, message.payload()]);
    const answer = await line.deliver(`${stationId}: ${text}`, (url) => send(url, messageId, text));
    acknowledged.push({ stationId, text });
    return answer;
  }

  return {
    stationId,
    point,
    acknowledged,
    get longestMs() {
      return line.longestMs;
    },
    async charge(idTag, { energyMicroWh, seconds, pausesMs }) {
      const beginSeconds = await nextSecond();
      const endSeconds = beginSeconds + seconds;
      const beginMs = beginSeconds * 1_000;
      const name = `${stationId}-${beginSeconds}`;
      const charging: ChargingNow = { idTag, beginMs, name, transactionId: null, sequenceNumber: 0 };
      const record = point.device.record({ idTag, energyMicroWh, beginSeconds, endSeconds });
      const started = startedSchema.parse(await say(words.start(charging, { atMs: beginMs, wh: registerWh })));
      const status = (started.idTagInfo ?? started.idTokenInfo)?.status;
      if (status !== "Accepted") throw new Error(`${stationId} began its own session and was told: ${status}`);
      charging.transactionId = started.transactionId ?? null;
      const deliveredWh = Number(energyMicroWh / 1_000_000n);
      for (const [index, pauseMs] of pausesMs.entries()) {
        await sleep(pauseMs);
        const share = (index + 1) / (pausesMs.length + 1);
        const atMs = beginMs + Math.floor(share * seconds) * 1_000;
        await say(words.sample(charging, { atMs, wh: registerWh + Math.floor(share * deliveredWh) }));
      }
      await untilMs(endSeconds * 1_000);
      registerWh += deliveredWh;
      await say(words.stop(charging, { atMs: endSeconds * 1_000, wh: registerWh }, record));
    },
    close: drop,
  };
}

/** The next whole second, when it has come: a meter's times have no parts of one, and no two sessions share one. */
export async function nextSecond(): Promise<number> {
  const second = Math.ceil(Date.now() / 1_000) + 1;
  await untilMs(second * 1_000);
  return second;
}

export async function untilMs(epochMs: number): Promise<void> {
  await sleep(Math.max(0, epochMs - Date.now()));
}

function within<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`There was no answer in ${answerTimeoutMs} ms.`));
    }, answerTimeoutMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
