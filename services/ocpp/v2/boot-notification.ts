import { answerWith, timeText, type StationAction } from "../action.ts";
import { noPlug } from "../measurements/outlet.ts";
import { recordOf, textOf, type JsonRecord } from "../payload.ts";

export const bootNotification: StationAction = {
  name: "BootNotification",
  tellsEnergy: false,
  answer({ payload, receivedAtMs }, { bootStatus, heartbeatSeconds }) {
    const { vendor, model, firmware, reason } = stationOf(payload);
    const serialNumber = textOf(recordOf(payload, "chargingStation"), "serialNumber");
    const report = { vendor, model, serialNumber, firmwareVersion: firmware, reason };
    return answerWith({ currentTime: timeText(receivedAtMs), interval: heartbeatSeconds, status: bootStatus }, [
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
  }),
};

function stationOf(payload: JsonRecord) {
  const station = recordOf(payload, "chargingStation");
  return {
    vendor: textOf(station, "vendorName") ?? "",
    model: textOf(station, "model") ?? "",
    firmware: textOf(station, "firmwareVersion"),
    reason: textOf(payload, "reason"),
  };
}
