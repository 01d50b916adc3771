import { answerWith, type StationAction } from "../action.ts";
import { faultsOf } from "../measurements/faults.ts";
import { noPlug } from "../measurements/outlet.ts";
import { readMeterValues16, readRegisterMember, readTime } from "../measurements/sampled-values.ts";
import { countOf, textOf } from "../payload.ts";
import { idTagInfo, questionOf } from "./id-tag.ts";
import { transactionIdOf } from "./transaction-id.ts";

export const stopTransaction: StationAction = {
  name: "StopTransaction",
  tellsEnergy: true,
  answer(call) {
    const { payload } = call;
    const transactionId = countOf(payload, "transactionId");
    const effects =
      transactionId === null ? [] : [{ kind: "transaction-ended", ocppTransactionId: String(transactionId) } as const];
    const idTag = textOf(payload, "idTag");
    if (idTag === null) return answerWith({}, effects);
    return {
      kind: "ask",
      question: questionOf(call, idTag, "ended"),
      effects,
      payloadOf: (decision) => ({ idTagInfo: idTagInfo(decision) }),
    };
  },
  read(payload, origin) {
    const { time, faults, notes } = readTime(payload, "timestamp", "");
    const data = readMeterValues16(payload, "transactionData");
    const end = readRegisterMember(payload, "meterStop", time, faults);
    const measured = {
      readings: [end.reading, ...data.readings],
      signed: data.signed,
      notes: [...notes, ...end.notes, ...data.notes],
    };
    return {
      ...origin,
      kind: "transaction-ended",
      readings: measured.readings,
      signed: measured.signed,
      faults: faultsOf(measured, faults),
      plug: noPlug,
      time,
      ocppTransactionId: transactionIdOf(payload),
      idToken: textOf(payload, "idTag"),
      sequenceNumber: null,
      isOffline: null,
      chargingState: null,
      triggerReason: null,
      stopReason: textOf(payload, "reason"),
    };
  },
};
