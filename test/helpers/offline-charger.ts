import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { OcppProtocol } from "../../services/store/ocpp.ts";
import { connectStation, type BareStation } from "./ocpp-service.ts";

/** A message that waits in a charger's memory. */
export interface QueuedMessage {
  readonly action: string;
  /** The number of the charger's own session that it belongs to. */
  readonly session: number;
  /** @param transactionId What the service has assigned to the session; `null` before its start is answered. */
  payloadOf(transactionId: number | null): object;
}

/** A frame that the service has answered, exactly as it was sent. */
export interface AcknowledgedFrame {
  readonly messageId: string;
  readonly text: string;
}

/** What a charger's firmware does with messages it could not deliver. */
export interface OfflineCharger {
  readonly acknowledged: readonly AcknowledgedFrame[];
  /** Frames that were sent, answered or not. */
  readonly sent: number;
  /**
   * Delivers everything in order, one message at a time, over as many connections as it takes. What was not answered is
   * sent again under another message id.
   * @param onAnswered Called after each answer, before the next message.
   */
  deliver(queue: readonly QueuedMessage[], onAnswered?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const answerSchema = z.tuple([z.literal(3), z.string(), z.looseObject({ transactionId: z.number().optional() })]);
const callSchema = z.tuple([z.literal(2), z.string(), z.string(), z.unknown()]);
const reconnectPauseMs = 50;

/**
 * @param urlOf Where the service is now; it may reject while there is none.
 * @param patienceMs How long one message may take, all attempts together.
 */
export function createOfflineCharger(
  urlOf: () => Promise<string>,
  stationId: string,
  protocol: OcppProtocol,
  patienceMs: number,
): OfflineCharger {
  const acknowledged: AcknowledgedFrame[] = [];
  const transactionIds = new Map<number, number>();
  let station: BareStation | null = null;
  let sent = 0;

  async function connect(): Promise<BareStation> {
    const url = await urlOf();
    const opened = await connectStation(url.replace(/^http/, "ws"), stationId, { protocols: [protocol] });
    // A connection that is killed says so, and then it closes.
    opened.socket.on("error", () => undefined);
    return opened;
  }

  /** The answer to the message; `null` if the connection ended before it. */
  async function ask(line: BareStation, messageId: string, text: string): Promise<unknown> {
    line.send(text);
    for (;;) {
      const frame = await Promise.race([line.next(), line.closed.then(() => null)]);
      if (frame === null) return null;
      const call = callSchema.safeParse(frame);
      // Busy with what it has to tell, it begins and ends nothing.
      if (call.success) line.send(JSON.stringify(refusalOf(call.data[1], call.data[2])));
      else if (Array.isArray(frame) && frame[1] === messageId) return frame;
    }
  }

  async function deliverOne(message: QueuedMessage): Promise<void> {
    const deadline = Date.now() + patienceMs;
    let failure: unknown = null;
    while (Date.now() < deadline) {
      try {
        station ??= await connect();
        sent += 1;
        const messageId = `${stationId}-${sent}`;
        const payload = message.payloadOf(transactionIds.get(message.session) ?? null);
        const text = JSON.stringify([2, messageId, message.action, payload]);
        const frame = await ask(station, messageId, text);
        if (frame !== null) {
          const [, , answer] = answerSchema.parse(frame);
          if (answer.transactionId !== undefined) transactionIds.set(message.session, answer.transactionId);
          acknowledged.push({ messageId, text });
          return;
        }
      } catch (error) {
        // The service is down at this moment.
        failure = error;
      }
      station = null;
      await sleep(reconnectPauseMs);
    }
    throw new Error(`Nobody has answered ${message.action} in time.`, { cause: failure });
  }

  return {
    acknowledged,
    get sent() {
      return sent;
    },
    async deliver(queue, onAnswered) {
      for (const message of queue) {
        await deliverOne(message);
        await onAnswered?.();
      }
    },
    async close() {
      await station?.close();
    },
  };
}

function refusalOf(messageId: string, action: string): readonly unknown[] {
  if (action === "GetTransactionStatus") return [3, messageId, { messagesInQueue: true }];
  return [3, messageId, { status: "Rejected" }];
}

/** A session that a charger has in its memory, from the first message to the last. */
export interface OfflineSession {
  /** The number of the session at the charger. */
  readonly number: number;
  readonly idTag: string;
  readonly beginMs: number;
  readonly endMs: number;
  readonly beginWh: number;
  readonly endWh: number;
  /** What the meter signed over it. */
  readonly record: string;
}

const samples = 5;

function samplesOf({ beginMs, endMs, beginWh, endWh }: OfflineSession) {
  return Array.from({ length: samples }, (_, index) => ({
    seqNo: index + 1,
    timestamp: timeAt(beginMs + ((endMs - beginMs) * (index + 1)) / (samples + 1)),
    wh: Math.floor(beginWh + ((endWh - beginWh) * (index + 1)) / (samples + 1)),
  }));
}

function timeAt(epochMs: number): string {
  return new Date(Math.floor(epochMs)).toISOString();
}

/** What a charger of 1.6 keeps of a session that nobody could hear of. */
export function queueOf16(session: OfflineSession): readonly QueuedMessage[] {
  const { number, idTag, beginMs, endMs, beginWh, endWh, record } = session;
  const signed = { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
  const sampledValue = [{ value: JSON.stringify(signed), format: "SignedData", context: "Transaction.End" }];
  return [
    {
      action: "StartTransaction",
      session: number,
      payloadOf: () => ({ connectorId: 1, idTag, meterStart: beginWh, timestamp: timeAt(beginMs) }),
    },
    ...samplesOf(session).map(({ timestamp, wh }) => ({
      action: "MeterValues",
      session: number,
      payloadOf: (transactionId: number | null) => ({
        connectorId: 1,
        ...(transactionId === null ? {} : { transactionId }),
        meterValue: [{ timestamp, sampledValue: [{ value: String(wh), context: "Sample.Periodic" }] }],
      }),
    })),
    {
      action: "StopTransaction",
      session: number,
      payloadOf: (transactionId) => ({
        transactionId: transactionId ?? -1,
        meterStop: endWh,
        timestamp: timeAt(endMs),
        reason: "EVDisconnected",
        transactionData: [{ timestamp: timeAt(endMs), sampledValue }],
      }),
    },
  ];
}

/** The same of a charger of 2.x, which names its transactions itself. */
export function queueOf2(session: OfflineSession): readonly QueuedMessage[] {
  const { number, idTag, beginMs, endMs, beginWh, endWh, record } = session;
  const signedMeterValue = {
    signedMeterData: Buffer.from(record).toString("base64"),
    signingMethod: "",
    encodingMethod: "OCMF",
    publicKey: "",
  };
  function event(eventType: string, triggerReason: string, seqNo: number, timestamp: string, value: object) {
    return {
      eventType,
      triggerReason,
      seqNo,
      timestamp,
      offline: true,
      transactionInfo: { transactionId: `TX-${number}-${Math.floor(beginMs)}` },
      meterValue: [{ timestamp, sampledValue: [value] }],
    };
  }
  const first = event("Started", "CablePluggedIn", 0, timeAt(beginMs), {
    value: beginWh,
    context: "Transaction.Begin",
  });
  const begin = { ...first, evse: { id: 1, connectorId: 1 }, idToken: { idToken: idTag, type: "Central" } };
  const last = { value: endWh, context: "Transaction.End", signedMeterValue };
  return [
    begin,
    ...samplesOf(session).map(({ seqNo, timestamp, wh }) =>
      event("Updated", "MeterValuePeriodic", seqNo, timestamp, { value: wh }),
    ),
    event("Ended", "EVDeparted", samples + 1, timeAt(endMs), last),
  ].map((payload) => ({ action: "TransactionEvent", session: number, payloadOf: () => payload }));
}
