import type { MeterKey } from "./demo-key.ts";
import type { ChargerMemory, ChargerState, ChargerTransaction } from "./charger-state.ts";
import { createSimulatedMeter } from "./meter.ts";

const microWhPerWh = 1_000_000n;
const meterSteps = { Started: "B", Updated: "C", Ended: "E" } as const;
const readingContexts = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" } as const;

/** What happened to a transaction, and the energy since the event before. */
export interface ChargerEvent {
  readonly type: keyof typeof meterSteps;
  readonly trigger: string;
  readonly energyMicroWh: bigint;
}

/** Writes down what a charger has to tell. */
export interface ChargerEvents {
  /** Has the meter sign, and queues the event that tells it: both are kept, or neither. */
  tell(transaction: ChargerTransaction, event: ChargerEvent): void;
  tellStatus(): void;
}

export function createChargerEvents(deps: {
  readonly memory: ChargerMemory;
  readonly evseId: string;
  readonly meter: { readonly key: MeterKey; readonly serial: string };
  /** Told while it charges. */
  readonly powerW: number;
  readonly nowSeconds: () => number;
}): ChargerEvents {
  const { memory, evseId, nowSeconds } = deps;
  const { registerMicroWh, pagination } = memory.read();
  const meter = createSimulatedMeter({
    ...deps.meter,
    evseId,
    state: { registerMicroWh: BigInt(registerMicroWh), pagination: BigInt(pagination) },
  });

  return {
    tell(transaction, event) {
      const epochSeconds = nowSeconds();
      const { type, energyMicroWh } = event;
      const { idTag } = transaction;
      const record = meter.step({ idTag, transaction: meterSteps[type], energyMicroWh, epochSeconds });
      const after = meter.state();
      const reading = { record, registerMicroWh: after.registerMicroWh, powerW: type === "Ended" ? 0 : deps.powerW };
      const payload = eventPayload(transaction, event, reading, epochSeconds);
      const beganAtSeconds = transaction.beganAtSeconds ?? epochSeconds;
      memory.keep({
        registerMicroWh: after.registerMicroWh.toString(),
        pagination: after.pagination.toString(),
        transaction: type === "Ended" ? null : { ...transaction, seqNo: transaction.seqNo + 1, beganAtSeconds },
        queue: [...memory.read().queue, { action: "TransactionEvent", payload }],
      });
    },
    tellStatus() {
      const payload = statusOf(memory.read(), nowSeconds());
      memory.keep({ queue: [...memory.read().queue, { action: "StatusNotification", payload }] });
    },
  };
}

/** StatusNotification of 2.0.1. */
export function statusOf({ transaction }: ChargerState, epochSeconds: number): object {
  const connectorStatus = (transaction?.beganAtSeconds ?? null) === null ? "Available" : "Occupied";

  return {
    timestamp: new Date(epochSeconds * 1_000).toISOString(),
    connectorStatus,
    evseId: 1,
    connectorId: 1,
  };
}

/** TransactionEvent of 2.0.1, with the signed record in its sampled value. */
function eventPayload(
  { transactionId, remoteStartId, seqNo, idTag }: ChargerTransaction,
  { type, trigger }: ChargerEvent,
  reading: { readonly record: Uint8Array | string; readonly registerMicroWh: bigint; readonly powerW: number },
  epochSeconds: number,
): object {
  const timestamp = new Date(epochSeconds * 1_000).toISOString();
  const context = readingContexts[type];
  const isFirst = type === "Started";
  const signedMeterValue = {
    signedMeterData: Buffer.from(reading.record).toString("base64"),
    signingMethod: "",
    encodingMethod: "OCMF",
    publicKey: "",
  };
  return {
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
          { value: Number(reading.registerMicroWh / microWhPerWh), context, signedMeterValue },
          { value: reading.powerW, context, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } },
        ],
      },
    ],
  };
}
