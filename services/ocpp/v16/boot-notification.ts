import { answerWith, timeText, type StationAction } from "../action.ts";
import { noPlug } from "../measurements/outlet.ts";
import { textOf, type JsonRecord } from "../payload.ts";

export const bootNotification: StationAction = {
  name: "BootNotification",
  tellsEnergy: false,
  answer({ payload, receivedAtMs }, { bootStatus, heartbeatSeconds }) {
    const { vendor, model, firmware } = stationOf(payload);
    const serialNumber = textOf(payload, "chargePointSerialNumber") ?? textOf(payload, "chargeBoxSerialNumber");
    const report = { vendor, model, serialNumber, firmwareVersion: firmware, reason: null };
    return answerWith({ status: bootStatus, currentTime: timeText(receivedAtMs), interval: heartbeatSeconds }, [
      { kind: "booted", report },
    ]);
  },
  read: (payload, origin) => ({
    ...origin,
    kind: "booted",
    plug: noPlug,
    time: null,
    faults: [],
    ...stationOf(payload),
    reason: null,
  }),
};

function stationOf(payload: JsonRecord) {
  return {
    vendor: textOf(payload, "chargePointVendor") ?? "",
    model: textOf(payload, "chargePointModel") ?? "",
    firmware: textOf(payload, "firmwareVersion"),
  };
}
