import { createHash } from "node:crypto";

import { idTagOf } from "../../services/domain/id-tag.ts";
import type { OcppProtocol } from "../../services/store/ocpp.ts";

/** The versions that the benchmark speaks. */
export type BenchProtocol = Extract<OcppProtocol, "ocpp1.6" | "ocpp2.0.1">;

/** What a charger of the benchmark sends: readings of an energy register and of the power. */
export interface BenchMessages {
  /** The action that is counted. */
  readonly action: string;
  start(messageId: string, timestamp: string, idTag: string): string;
  /** The transaction's id in the answer to the start; 2.x chargers choose it themselves. */
  transactionOf(answer: unknown): unknown;
  reading(messageId: string, transaction: unknown, timestamp: string, sequence: number): string;
}

/** The session of one charger. */
export function benchSessionIdOf(charger: number): string {
  return `0x${createHash("sha256").update(`session ${charger}`).digest("hex")}`;
}

/** Every session of the benchmark opens in one block. */
export const benchOpening = { openedAt: 1_700_000_000, salt: 0 };

/** What a charger begins its session with. */
export function benchIdTagOf(charger: number): string {
  return idTagOf(benchSessionIdOf(charger), benchOpening);
}

const wattHoursPerReading = 30;
/** What 30 Wh take at about 11 kW. */
const msPerReading = 10_000;
/** So long ago that a whole run of readings fits in. */
const ageMs = 30 * 86_400_000;

/** When a reading was taken, by a charger whose transaction began a month ago; −1 is the begin. */
export function timeOf(beganAtMs: number, sequence: number): string {
  return new Date(beganAtMs - ageMs + (sequence + 1) * msPerReading).toISOString();
}

function energyOf(sequence: number): number {
  return 1_000 + sequence * wattHoursPerReading;
}

export const benchMessages: Readonly<Record<BenchProtocol, BenchMessages>> = {
  "ocpp1.6": {
    action: "MeterValues",
    start: (messageId, timestamp, idTag) =>
      JSON.stringify([2, messageId, "StartTransaction", { connectorId: 1, idTag, meterStart: 1_000, timestamp }]),
    transactionOf: (answer) =>
      typeof answer === "object" && answer !== null && "transactionId" in answer ? answer.transactionId : undefined,
    reading: (messageId, transaction, timestamp, sequence) =>
      JSON.stringify([
        2,
        messageId,
        "MeterValues",
        {
          connectorId: 1,
          transactionId: transaction,
          meterValue: [
            {
              timestamp,
              sampledValue: [
                {
                  value: String(energyOf(sequence)),
                  context: "Sample.Periodic",
                  measurand: "Energy.Active.Import.Register",
                  unit: "Wh",
                },
                { value: "11000", context: "Sample.Periodic", measurand: "Power.Active.Import", unit: "W" },
              ],
            },
          ],
        },
      ]),
  },
  "ocpp2.0.1": {
    action: "TransactionEvent",
    start: (messageId, timestamp, idTag) =>
      JSON.stringify([
        2,
        messageId,
        "TransactionEvent",
        {
          eventType: "Started",
          timestamp,
          triggerReason: "CablePluggedIn",
          seqNo: 0,
          transactionInfo: { transactionId: messageId },
          evse: { id: 1, connectorId: 1 },
          idToken: { idToken: idTag, type: "Central" },
        },
      ]),
    transactionOf: () => undefined,
    reading: (messageId, transaction, timestamp, sequence) =>
      JSON.stringify([
        2,
        messageId,
        "TransactionEvent",
        {
          eventType: "Updated",
          timestamp,
          triggerReason: "MeterValuePeriodic",
          seqNo: sequence + 1,
          transactionInfo: { transactionId: transaction, chargingState: "Charging" },
          meterValue: [
            {
              timestamp,
              sampledValue: [
                {
                  value: energyOf(sequence),
                  context: "Sample.Periodic",
                  measurand: "Energy.Active.Import.Register",
                  unitOfMeasure: { unit: "Wh" },
                },
                {
                  value: 11_000,
                  context: "Sample.Periodic",
                  measurand: "Power.Active.Import",
                  unitOfMeasure: { unit: "W" },
                },
              ],
            },
          ],
        },
      ]),
  },
};
