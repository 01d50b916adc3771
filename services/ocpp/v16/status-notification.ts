import { answerWith, type StationAction } from "../action.ts";
import { readOptionalTime } from "../measurements/sampled-values.ts";
import { countOf, numberOf, textOf } from "../payload.ts";
import { stateOfWord } from "../words.ts";

export const statusNotification: StationAction = {
  name: "StatusNotification",
  tellsEnergy: false,
  answer({ payload }) {
    const evse = countOf(payload, "connectorId");
    const status = textOf(payload, "status");
    if (evse === null || status === null) return answerWith({});
    const errorCode = textOf(payload, "errorCode");
    const timestampText = textOf(payload, "timestamp");
    // 1.6 numbers connectors alone: they are EVSEs with connector 1.
    const reported = { evse, connector: 1, status, errorCode, timestampText };
    return answerWith({}, [{ kind: "connector-status", status: reported }]);
  },
  read(payload, origin) {
    const { time, faults, notes } = readOptionalTime(payload, "timestamp");
    const stateText = textOf(payload, "status") ?? "";
    const errorText = textOf(payload, "errorCode");
    return {
      ...origin,
      kind: "connector-status",
      plug: { evseId: null, connectorId: numberOf(payload, "connectorId") },
      time,
      faults: [...faults, ...notes],
      state: stateOfWord(stateText),
      stateText,
      errorText: errorText === "NoError" ? null : errorText,
    };
  },
};
