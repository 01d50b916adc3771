import { answerWith, type StationAction } from "../action.ts";
import { readOptionalTime } from "../measurements/sampled-values.ts";
import { countOf, numberOf, textOf } from "../payload.ts";
import { stateOfWord } from "../words.ts";

export const statusNotification: StationAction = {
  name: "StatusNotification",
  tellsEnergy: false,
  answer({ payload }) {
    const evse = countOf(payload, "evseId");
    const connector = countOf(payload, "connectorId");
    const status = textOf(payload, "connectorStatus");
    if (evse === null || connector === null || status === null) return answerWith({});
    const reported = { evse, connector, status, errorCode: null, timestampText: textOf(payload, "timestamp") };
    return answerWith({}, [{ kind: "connector-status", status: reported }]);
  },
  read(payload, origin) {
    const { time, faults, notes } = readOptionalTime(payload, "timestamp");
    const stateText = textOf(payload, "connectorStatus") ?? "";
    return {
      ...origin,
      kind: "connector-status",
      plug: { evseId: numberOf(payload, "evseId"), connectorId: numberOf(payload, "connectorId") },
      time,
      faults: [...faults, ...notes],
      state: stateOfWord(stateText),
      stateText,
      errorText: null,
    };
  },
};
