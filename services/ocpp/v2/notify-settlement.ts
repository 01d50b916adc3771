import type { StationAction } from "../action.ts";
import { nameOf } from "../payload.ts";

/** A payment terminal has settled a transaction: the station is told where the receipt is, and its number. */
export const notifySettlement: StationAction = {
  name: "NotifySettlement",
  tellsEnergy: false,
  answer({ stationId, protocol, payload }) {
    const ocppTransactionId = nameOf(payload, "transactionId");
    if (ocppTransactionId === null) return { kind: "answer", payload: {}, effects: [] };
    return {
      kind: "tell",
      question: { stationId, protocol, about: { kind: "transaction", ocppTransactionId, isEnded: true } },
      effects: [],
      payloadOf: (told) => (told?.receipt == null ? {} : { receiptUrl: told.receipt.url, receiptId: told.receipt.id }),
    };
  },
};
