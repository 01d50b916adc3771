import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { MeterKey } from "./demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "./meter.ts";
import { CallRefusedError, connectOcppLine, type OcppLine, type ServiceCall } from "./ocpp-line.ts";

const wholeNumberText = z.string().regex(/^[0-9]+$/u);

/** What a charger keeps when the power goes; in the form in which it is written down. */
export const chargerStateSchema = z.strictObject({
  registerMicroWh: wholeNumberText,
  pagination: wholeNumberText,
  /** What is being charged; `null` while nobody is. */
  transaction: z
    .strictObject({
      transactionId: z.string(),
      idTag: z.string(),
      remoteStartId: z.int(),
      /** Of the next event. */
      seqNo: z.int().nonnegative(),
      /** Seconds since 1970; `null` until the plug is in. */
      beganAtSeconds: z.int().nullable(),
      isToStop: z.boolean(),
    })
    .nullable(),
  /** Events that the service has not answered, oldest first. */
  queue: z.array(z.record(z.string(), z.unknown())),
});

/** What a charger keeps when the power goes. */
export type ChargerState = z.infer<typeof chargerStateSchema>;

type Transaction = NonNullable<ChargerState["transaction"]>;

/** A charging station of one EVSE that speaks OCPP 2.0.1, with a car that always has room. */
export interface OcppCharger {
  /** Ends it as a loss of power does: what it kept goes on with the next one. */
  close(): Promise<void>;
}

/** How the charger behaves; a person who watches sees something at once. */
export interface ChargerHabits {
  /** How long a person needs to plug in. */
  readonly plugInMs: number;
  readonly readingMs: number;
  readonly powerW: number;
  /** Nobody charges longer than this. */
  readonly longestSeconds: number;
}

const protocol = "ocpp2.0.1";
const reconnectMs = 500;
const idleMs = 250;
const heartbeatMs = 60_000;
const microWhPerWh = 1_000_000n;
const msPerHour = 3_600_000n;

const startPayload = z.object({ remoteStartId: z.int(), idToken: z.object({ idToken: z.string() }) });
const stopPayload = z.object({ transactionId: z.string() });
const statusPayload = z.object({ transactionId: z.string().optional() });

/**
 * Starts a charger, which goes on from the state that it kept: whatever happens is in `keepState` before it is told, and
 * is told until the service has answered it.
 */
export function startOcppCharger(options: {
  readonly url: string;
  readonly stationId: string;
  readonly stationKey: string;
  readonly evseId: string;
  readonly meter: { readonly key: MeterKey; readonly serial: string };
  readonly habits: ChargerHabits;
  /** `null`: it comes from the factory. */
  readonly state: ChargerState | null;
  /** Puts the state on the disk; when it returns it is there. */
  readonly keepState: (state: ChargerState) => void;
  readonly nowSeconds: () => number;
}): OcppCharger {
  const { habits, nowSeconds } = options;
  const closing = new AbortController();
  const isClosing = (): boolean => closing.signal.aborted;
  let state: ChargerState = options.state ?? { registerMicroWh: "0", pagination: "1", transaction: null, queue: [] };
  const meter: SimulatedMeter = createSimulatedMeter({
    ...options.meter,
    evseId: options.evseId,
    state: { registerMicroWh: BigInt(state.registerMicroWh), pagination: BigInt(state.pagination) },
  });
  /** Ends a pause of the charging before its time. */
  let nudge = new AbortController();

  function keep(change: Partial<ChargerState>): void {
    state = { ...state, ...change };
    options.keepState(state);
  }

  /** Has the meter sign, and queues the event that tells it: both are kept, or neither. */
  function tell(
    transaction: Transaction,
    event: { readonly type: "Started" | "Updated" | "Ended"; readonly trigger: string; readonly energyMicroWh: bigint },
  ): void {
    const { type, trigger, energyMicroWh } = event;
    const epochSeconds = nowSeconds();
    const step = { Started: "B", Updated: "C", Ended: "E" } as const;
    const record = meter.step({ idTag: transaction.idTag, transaction: step[type], energyMicroWh, epochSeconds });
    const timestamp = new Date(epochSeconds * 1_000).toISOString();
    const { registerMicroWh, pagination } = meter.state();
    const contexts = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" };
    const context = contexts[type];
    const signedMeterValue = {
      signedMeterData: Buffer.from(record).toString("base64"),
      signingMethod: "",
      encodingMethod: "OCMF",
      publicKey: "",
    };
    const powerW = type === "Ended" ? 0 : habits.powerW;
    const isFirst = type === "Started";
    const { transactionId, remoteStartId, seqNo, idTag } = transaction;
    const payload = {
      eventType: type,
      timestamp,
      triggerReason: trigger,
      seqNo,
      transactionInfo: {
        transactionId,
        ...(isFirst ? { remoteStartId } : {}),
        ...(type === "Ended" ? { stoppedReason: "Remote" } : { chargingState: "Charging" }),
      },
      ...(isFirst ? { evse: { id: 1, connectorId: 1 }, idToken: { idToken: idTag, type: "Central" } } : {}),
      meterValue: [
        {
          timestamp,
          sampledValue: [
            { value: Number(registerMicroWh / microWhPerWh), context, signedMeterValue },
            { value: powerW, context, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } },
          ],
        },
      ],
    };
    keep({
      registerMicroWh: registerMicroWh.toString(),
      pagination: pagination.toString(),
      transaction:
        type === "Ended"
          ? null
          : { ...transaction, seqNo: seqNo + 1, beganAtSeconds: transaction.beganAtSeconds ?? epochSeconds },
      queue: [...state.queue, { action: "TransactionEvent", payload }],
    });
  }

  function tellStatus(): void {
    keep({ queue: [...state.queue, { action: "StatusNotification", payload: statusOf(state, nowSeconds()) }] });
  }

  async function charge(): Promise<void> {
    while (!isClosing()) {
      const { transaction } = state;
      if (transaction === null) {
        await pause(idleMs, nudge.signal);
      } else if (transaction.beganAtSeconds === null) {
        await pause(habits.plugInMs, closing.signal);
        // It may have been told to stop meanwhile.
        if (!isClosing()) {
          tell(state.transaction ?? transaction, { type: "Started", trigger: "RemoteStart", energyMicroWh: 0n });
          tellStatus();
        }
      } else {
        await goOn(transaction, transaction.beganAtSeconds);
      }
      if (nudge.signal.aborted && !isClosing()) {
        nudge = new AbortController();
      }
    }
  }

  async function goOn(transaction: Transaction, beganAtSeconds: number): Promise<void> {
    const isOver = nowSeconds() - beganAtSeconds >= habits.longestSeconds;
    if (transaction.isToStop || isOver) {
      tell(transaction, { type: "Ended", trigger: isOver ? "EVDeparted" : "RemoteStop", energyMicroWh: 0n });
      tellStatus();
      return;
    }
    const waitedFrom = performance.now();
    await pause(habits.readingMs, nudge.signal);
    const current = state.transaction;
    if (isClosing() || current === null) {
      return;
    }
    const flowedMs = Math.min(habits.readingMs, Math.round(performance.now() - waitedFrom));
    const energyMicroWh = (BigInt(habits.powerW) * BigInt(flowedMs) * microWhPerWh) / msPerHour;
    tell(current, { type: "Updated", trigger: "MeterValuePeriodic", energyMicroWh });
  }

  function answerTo({ action, payload }: ServiceCall): object | null {
    switch (action) {
      case "RequestStartTransaction": {
        const { remoteStartId, idToken } = startPayload.parse(payload);
        // Asked again for what it has begun already, it says so.
        if (state.transaction !== null && state.transaction.idTag !== idToken.idToken) return { status: "Rejected" };
        const transaction = state.transaction ?? {
          transactionId: randomUUID(),
          idTag: idToken.idToken,
          remoteStartId,
          seqNo: 0,
          beganAtSeconds: null,
          isToStop: false,
        };
        keep({ transaction });
        nudge.abort();

        return { status: "Accepted", transactionId: transaction.transactionId };
      }
      case "RequestStopTransaction": {
        const { transactionId } = stopPayload.parse(payload);
        if (state.transaction?.transactionId !== transactionId) return { status: "Rejected" };
        keep({ transaction: { ...state.transaction, isToStop: true } });
        nudge.abort();

        return { status: "Accepted" };
      }
      case "GetTransactionStatus": {
        const { transactionId } = statusPayload.parse(payload);
        const messagesInQueue = state.queue.length > 0;
        const ongoingIndicator = transactionId !== undefined && state.transaction?.transactionId === transactionId;

        return { messagesInQueue, ...(transactionId === undefined ? {} : { ongoingIndicator }) };
      }
      case "TriggerMessage":
        tellStatus();

        return { status: "Accepted" };
      default:
        return null;
    }
  }

  /** Tells what is in the queue, one after the other, as long as the line holds. */
  async function talk(line: OcppLine): Promise<void> {
    await line.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { vendorName: "Wattproof", model: "Simulated charger", serialNumber: options.meter.serial },
    });
    await line.call("StatusNotification", statusOf(state, nowSeconds()));
    let lastSaidMs = performance.now();
    while (line.isUp() && !isClosing()) {
      const [next] = state.queue;
      if (next !== undefined) {
        await sendOne(line, next);
        keep({ queue: state.queue.slice(1) });
        lastSaidMs = performance.now();
      } else if (performance.now() - lastSaidMs > heartbeatMs) {
        await line.call("Heartbeat", {});
        lastSaidMs = performance.now();
      } else {
        await pause(idleMs, closing.signal);
      }
    }
  }

  async function stayConnected(): Promise<void> {
    while (!isClosing()) {
      try {
        const line = await connectOcppLine({ ...options, protocol, answerTo });
        const hangUp = (): void => void line.close();
        closing.signal.addEventListener("abort", hangUp, { once: true });
        try {
          await talk(line);
        } finally {
          closing.signal.removeEventListener("abort", hangUp);
          await line.close();
        }
      } catch {
        // The service is away; what is to be told waits.
        await pause(reconnectMs, closing.signal);
      }
    }
  }

  const running = Promise.all([charge(), stayConnected()]);

  return {
    async close() {
      closing.abort();
      nudge.abort();
      await running;
    },
  };
}

const queuedSchema = z.object({ action: z.string(), payload: z.looseObject({}) });

async function sendOne(line: OcppLine, queued: ChargerState["queue"][number]): Promise<void> {
  const { action, payload } = queuedSchema.parse(queued);
  try {
    await line.call(action, payload);
  } catch (error) {
    // What the service refuses for good would keep everything behind it from being told.
    if (!(error instanceof CallRefusedError)) throw error;
  }
}

function statusOf({ transaction }: ChargerState, epochSeconds: number): object {
  const connectorStatus = (transaction?.beganAtSeconds ?? null) === null ? "Available" : "Occupied";

  return { timestamp: new Date(epochSeconds * 1_000).toISOString(), connectorStatus, evseId: 1, connectorId: 1 };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An abort only ends the wait; whoever waits looks at what has changed.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
