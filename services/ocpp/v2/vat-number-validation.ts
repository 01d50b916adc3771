import { answerWith, type StationAction } from "../action.ts";
import { textOf } from "../payload.ts";

/** Tax numbers are not checked here; the answer repeats the one that was asked about. */
export const vatNumberValidation: StationAction = {
  name: "VatNumberValidation",
  tellsEnergy: false,
  answer: ({ payload }) => answerWith({ status: "Rejected", vatNumber: textOf(payload, "vatNumber") ?? "" }),
};
