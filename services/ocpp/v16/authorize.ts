import type { StationAction } from "../action.ts";
import { textOf } from "../payload.ts";
import { idTagInfo, questionOf } from "./id-tag.ts";

export const authorize: StationAction = {
  name: "Authorize",
  tellsEnergy: false,
  answer: (call) => ({
    kind: "ask",
    question: questionOf(call, textOf(call.payload, "idTag") ?? "", "authorize"),
    effects: [],
    payloadOf: (decision) => ({ idTagInfo: idTagInfo(decision) }),
  }),
};
