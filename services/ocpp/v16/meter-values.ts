import { acknowledge, type StationAction } from "../action.ts";
import { faultsOf, noFaults } from "../measurements/faults.ts";
import { readMeterValues16 } from "../measurements/sampled-values.ts";
import { numberOf } from "../payload.ts";
import { transactionIdOf } from "./transaction-id.ts";

export const meterValues: StationAction = {
  name: "MeterValues",
  tellsEnergy: true,
  answer: acknowledge,
  read(payload, origin) {
    const measured = readMeterValues16(payload, "meterValue");
    return {
      ...origin,
      kind: "meter-values",
      readings: measured.readings,
      signed: measured.signed,
      faults: faultsOf(measured, noFaults),
      plug: { evseId: null, connectorId: numberOf(payload, "connectorId") },
      time: null,
      ocppTransactionId: transactionIdOf(payload),
      idToken: null,
      sequenceNumber: null,
      isOffline: null,
    };
  },
};
