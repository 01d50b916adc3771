import { z } from "zod";

import { createRandom } from "../helpers/random.ts";
import { connectStation, type BareStation } from "../helpers/ocpp-service.ts";
import type { ChargingPoint } from "../helpers/service-chain.ts";
import { vocabularyOf, type ChargingNow, type SoakMessage } from "./soak-messages.ts";
import { abuseTick, tickMs, type PlannedCharger, type PlannedSession } from "./soak-plan.ts";

/** How often something went wrong, and how much was said. */
export interface SoakCounts {
  answered: number;
  disconnects: number;
  powerCuts: number;
  lostAnswers: number;
  duplicates: number;
  reordered: number;
  wrongTokens: number;
  outliers: number;
  secondStarts: number;
  repeatedStops: number;
  lateReadings: number;
  /** Sessions of chargers that label local time as UTC. */
  localTimes: number;
}

/** A session at a charger, opened on chain. */
export interface ChargerSession {
  readonly plan: PlannedSession;
  readonly idTag: string;
  isBegun: boolean;
  isOver: boolean;
  /** What has flowed so far. */
  deliveredWh: number;
  lastToldWh: number;
  /** A message of it was not told at once, or not in its order. */
  hasWaited: boolean;
  /** The charger's register was set back in an earlier session. */
  isAfterReset: boolean;
}

/** A charger on a real socket with a clock, a memory and a meter, for which much goes wrong. */
export interface SoakCharger {
  readonly isFree: boolean;
  /** A driver has opened a session here; it begins when the service asks for it. */
  expect(session: ChargerSession): void;
  /** Does what is due at this tick, and waits for the answers. @param isCalm Nothing goes wrong any more. */
  tick(tick: number, nowMs: number, isCalm: boolean): Promise<void>;
  close(): Promise<void>;
}

/** In hundredths of a per cent: per tick, and per message. */
const disconnectBps = 200;
const powerCutBps = 50;
const lostAnswerBps = 200;
const duplicateBps = 300;
const reorderBps = 2_000;
const longestOfflineTicks = 8;
const sampleTicks = 2;
const strangersToken = "DEADBEEF";
const spikeWh = 9_000_000_000;

/** A transaction that goes on, and what its charger knows of it. */
type Charging = ChargingNow & {
  readonly beginTick: number;
  readonly beginWh: number;
  /** When it began, by a right clock. */
  readonly begunMs: number;
  resetWh: number;
};

/** It takes two moments to tell that nothing flowed. */
function soonAfter<At extends { readonly atMs: number }>(point: At): At {
  return { ...point, atMs: point.atMs + 1_000 };
}

/** A message that comes long after what it tells. */
interface LateMessage {
  readonly tick: number;
  readonly message: SoakMessage;
}

const nothing = (): undefined => undefined;
const callSchema = z.tuple([z.literal(2), z.string(), z.string(), z.looseObject({})]);
const startAnswerSchema = z.tuple([z.literal(3), z.string(), z.looseObject({ transactionId: z.number() })]);

export function createSoakCharger(deps: {
  readonly plan: PlannedCharger;
  readonly point: ChargingPoint;
  readonly url: string;
  readonly counts: SoakCounts;
  /** What its meter signs of what flowed, in Wh. */
  readonly signsWh: (energyWh: number) => number;
}): SoakCharger {
  const { plan, point, url, counts, signsWh } = deps;
  const { stationId, protocol, skewMs, isLocalTime } = plan;
  const random = createRandom(plan.seed);
  const words = vocabularyOf(protocol);
  const queue: SoakMessage[] = [];
  const late: LateMessage[] = [];
  let station: BareStation | null = null;
  let messages = 0;
  let offlineUntil = 0;
  let isBooting = true;
  let isStatusAsked = false;
  let session: ChargerSession | null = null;
  let isAccepted = false;
  /** Whose messages are in the queue. */
  let latest: ChargerSession | null = null;
  let charging: Charging | null = null;
  /** A reading of the session that is kept back until it is over. */
  let keptBack: SoakMessage | null = null;
  /** The register as the charger tells it; the sealed meter has one of its own. */
  let registerWh = 100_000 + random.below(100_000);
  let wasSetBack = false;

  const happens = (bps: number): boolean => random.below(10_000) < bps;

  function answerTo(action: string, payload: Readonly<Record<string, unknown>>): object {
    if (action === "RemoteStartTransaction" || action === "RequestStartTransaction") {
      const token =
        payload["idTag"] ?? z.looseObject({ idToken: z.string() }).safeParse(payload["idToken"]).data?.idToken;
      const isExpected = session !== null && !session.isBegun && token === session.idTag;
      if (isExpected) isAccepted = true;
      return { status: isExpected ? "Accepted" : "Rejected" };
    }
    if (action === "GetTransactionStatus") {
      const isOngoing = charging !== null && payload["transactionId"] === charging.name;
      const isNamed = payload["transactionId"] !== undefined;
      return { ...(isNamed ? { ongoingIndicator: isOngoing } : {}), messagesInQueue: queue.length > 0 || isAccepted };
    }
    if (action === "TriggerMessage") isStatusAsked ||= payload["requestedMessage"] === "StatusNotification";
    return { status: "Accepted" };
  }

  async function connect(): Promise<BareStation> {
    const opened = await connectStation(url, stationId, { protocols: [protocol] });
    opened.socket.on("error", nothing);
    opened.socket.on("message", (data: Buffer) => {
      const call = callSchema.safeParse(JSON.parse(data.toString()));
      if (!call.success) return;
      const [, messageId, action, payload] = call.data;
      opened.send(JSON.stringify([3, messageId, answerTo(action, payload)]));
    });
    return opened;
  }

  function drop(tick: number): void {
    station?.socket.terminate();
    station = null;
    offlineUntil = tick + 1 + random.below(longestOfflineTicks);
  }

  /** Sends and waits for the answer; `null` if the connection ended. */
  async function ask(line: BareStation, item: SoakMessage): Promise<unknown> {
    messages += 1;
    const messageId = `${messages}`;
    line.send(JSON.stringify([2, messageId, item.action, item.payload()]));
    for (;;) {
      const frame = await Promise.race([line.next(), line.closed.then(() => null)]);
      if (frame === null) return null;
      if (!Array.isArray(frame) || frame[0] === 2 || frame[1] !== messageId) continue;
      if (frame[0] !== 3) throw new Error(`${stationId}: ${item.action} was answered with ${JSON.stringify(frame)}`);
      counts.answered += 1;
      const started = startAnswerSchema.safeParse(frame);
      if (started.success) item.onTransactionId(started.data[2].transactionId);
      return frame;
    }
  }

  function reorder(): void {
    // 2.x numbers its events, so that they may come in any order; the end is kept the last.
    if (protocol === "ocpp1.6") return;
    for (const [at, first] of queue.entries()) {
      const second = queue[at + 1];
      if (second === undefined || second.isLast || first.isLast || !happens(reorderBps)) continue;
      if (first.action !== "TransactionEvent" || second.action !== "TransactionEvent") continue;
      queue.splice(at, 2, second, first);
      counts.reordered += 1;
      if (latest !== null) latest.hasWaited = true;
    }
  }

  async function flush(tick: number, isCalm: boolean): Promise<void> {
    if (!isCalm) reorder();
    for (let item = queue[0]; item !== undefined && station !== null; item = queue[0]) {
      if (!isCalm && happens(lostAnswerBps)) {
        counts.lostAnswers += 1;
        messages += 1;
        station.send(JSON.stringify([2, `${messages}`, item.action, item.payload()]));
        drop(tick);
        return;
      }
      if ((await ask(station, item)) === null) {
        drop(tick);
        return;
      }
      if (!isCalm && happens(duplicateBps)) {
        counts.duplicates += 1;
        await ask(station, item);
      }
      queue.shift();
    }
  }

  function begin(tick: number, nowMs: number): void {
    if (session === null) return;
    isAccepted = false;
    session.isBegun = true;
    latest = session;
    if (isLocalTime) counts.localTimes += 1;
    const beginMs = nowMs + skewMs;
    charging = {
      ...{ idTag: session.idTag, beginMs, name: `${stationId}-${beginMs}`, transactionId: null, sequenceNumber: 0 },
      ...{ beginTick: tick, begunMs: nowMs, beginWh: registerWh, resetWh: 0 },
    };
    const point = { atMs: beginMs, wh: registerWh };
    if (session.plan.abuse === "wrong-token") {
      counts.wrongTokens += 1;
      if (protocol === "ocpp1.6") {
        const stranger = { ...charging };
        queue.push(words.start(stranger, point, strangersToken), words.stop(stranger, soonAfter(point), null));
        queue.push(words.start(charging, point));
      } else queue.push(words.start(charging, point, strangersToken));
    } else queue.push(words.start(charging, point));
    queue.push(words.status(true, beginMs));
  }

  function goOn(tick: number, nowMs: number): void {
    if (session === null || charging === null) return;
    const { plan: planned } = session;
    const elapsed = tick - charging.beginTick;
    const delivered = Math.floor((planned.energyWh * Math.min(elapsed, planned.ticks)) / planned.ticks);
    const atMs = nowMs + skewMs;
    session.deliveredWh = delivered;
    if (planned.abuse !== "register-stuck") registerWh = charging.beginWh + delivered - charging.resetWh;
    if (elapsed >= planned.ticks) {
      end(tick, nowMs);
      return;
    }
    if (planned.fault === "register-reset" && charging.resetWh === 0 && elapsed * 2 >= planned.ticks) {
      charging.resetWh = charging.beginWh + delivered;
      registerWh = 0;
      wasSetBack = true;
      cutPower(tick);
    } else if (elapsed % sampleTicks === 0) {
      sample(atMs, elapsed);
      session.lastToldWh = delivered;
    }
  }

  function sample(atMs: number, elapsed: number): void {
    if (session === null || charging === null) return;
    const { abuse } = session.plan;
    const point = { atMs, wh: registerWh };
    if (elapsed !== abuseTick) {
      const isTokenDue = abuse === "wrong-token" && elapsed === sampleTicks;
      queue.push(words.sample(charging, point, isTokenDue ? charging.idTag : undefined));
    } else if (abuse === "spike" || abuse === "zero-reading") {
      counts.outliers += 1;
      queue.push(words.sample(charging, { atMs, wh: abuse === "spike" ? spikeWh : 0 }));
    } else if (abuse === "late-reading") {
      counts.lateReadings += 1;
      keptBack = words.sample(charging, point);
      session.hasWaited = true;
    } else if (abuse === "second-start" || abuse === "second-start-goes-on") {
      counts.secondStarts += 1;
      const next = { ...charging, name: `${charging.name}-2`, transactionId: null, sequenceNumber: 0 };
      // The start comes before the stop, so that it is told while the session cannot have settled.
      queue.push(words.start(next, point));
      queue.push(words.stop(abuse === "second-start" ? next : charging, soonAfter(point), null));
      if (abuse === "second-start-goes-on") charging = next;
    } else queue.push(words.sample(charging, point));
  }

  function end(tick: number, nowMs: number): void {
    if (session === null || charging === null) return;
    const { evidence, energyWh, fault, abuse, lateTicks } = session.plan;
    const isSigning = evidence === "signed" || evidence === "forged";
    const meterSkewMs = isLocalTime ? 0 : skewMs;
    const record = point.device.record({
      idTag: charging.idTag,
      energyMicroWh: BigInt(signsWh(energyWh)) * 1_000_000n,
      beginSeconds: Math.floor((charging.begunMs + meterSkewMs) / 1_000),
      endSeconds: Math.floor((nowMs + meterSkewMs) / 1_000),
    });
    const carried = evidence === "forged" ? record.replace('"E"', '"L"') : record;
    const stop = words.stop(charging, { atMs: nowMs + skewMs, wh: registerWh }, isSigning ? carried : null);
    if (fault === "lost-stop") cutPower(tick);
    else queue.push(stop);
    if (abuse === "repeated-stop") {
      counts.repeatedStops += 1;
      queue.push(stop);
      late.push({ tick: tick + lateTicks, message: stop });
    }
    if (keptBack !== null) late.push({ tick: tick + lateTicks, message: keptBack });
    keptBack = null;
    queue.push(words.status(false, nowMs + skewMs));
    charging = null;
    session.isOver = true;
    session = null;
  }

  function cutPower(tick: number): void {
    counts.powerCuts += 1;
    isBooting = true;
    drop(tick);
  }

  return {
    get isFree() {
      return session === null && queue.length === 0;
    },
    expect(expected) {
      session = expected;
      session.isAfterReset = wasSetBack;
    },
    async tick(tick, nowMs, isCalm) {
      if (charging !== null) goOn(tick, nowMs);
      else if (isAccepted) begin(tick, nowMs);
      if (!isCalm && station !== null && happens(disconnectBps)) {
        counts.disconnects += 1;
        drop(tick);
      } else if (!isCalm && station !== null && happens(powerCutBps)) cutPower(tick);
      if (station === null) {
        if (!isCalm && tick < offlineUntil) {
          if (queue.length > 0 && latest !== null) latest.hasWaited = true;
          return;
        }
        station = await connect();
        const hello = [...(isBooting ? [words.boot()] : []), words.status(charging !== null, nowMs + skewMs)];
        isBooting = false;
        queue.unshift(...hello);
      }
      if (isStatusAsked) queue.push(words.status(charging !== null, nowMs + skewMs));
      isStatusAsked = false;
      for (const due of late.filter((item) => item.tick <= tick)) {
        late.splice(late.indexOf(due), 1);
        queue.push(due.message);
      }
      await flush(tick, isCalm);
      if (queue.length > 0 && latest !== null) latest.hasWaited = true;
    },
    async close() {
      await station?.close();
    },
  };
}

export const ticksOf = (minutes: number): number => Math.floor((minutes * 60_000) / tickMs);
