import { defineVerb } from "../../command-line/verb.ts";
import { registerMeter, registrationArguments, registrationInput, registrationOptions } from "./register-meter.ts";

export const meterRotate = defineVerb({
  path: ["meter", "rotate"],
  summary: "replaces the meter of a charging point, or its key",
  description:
    "The old meter is retired by the same transaction that activates the new one; what it signed until then counts, and\n" +
    "sessions that were opened with it are settled by it.",
  arguments: registrationArguments,
  options: registrationOptions,
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["meter rotate 7 --key-file new-meter.pem --calibrated-until 2034-12-31 --record possession.ocmf"],
  input: registrationInput,
  run: (input, run) => registerMeter(input, run, true),
});
