import { acknowledge, type StationAction } from "../action.ts";
import { faultsOf, noFaults } from "../measurements/faults.ts";
import { readMeterValues2 } from "../measurements/sampled-values.ts";
import { numberOf } from "../payload.ts";

/** Values outside of transactions: it is TransactionEvent that carries those of a transaction. */
export const meterValues: StationAction = {
  name: "MeterValues",
  tellsEnergy: true,
  answer: acknowledge,
  read(payload, origin) {
    const measured = readMeterValues2(payload);
    return {
      ...origin,
      kind: "meter-values",
      readings: measured.readings,
      signed: measured.signed,
      faults: faultsOf(measured, noFaults),
      plug: { evseId: numberOf(payload, "evseId"), connectorId: null },
      time: null,
      ocppTransactionId: null,
      idToken: null,
      sequenceNumber: null,
      isOffline: null,
    };
  },
};
