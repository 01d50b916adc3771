import { defineVerb } from "../../command-line/verb.ts";
import { registerMeter, registrationArguments, registrationInput, registrationOptions } from "./register-meter.ts";

export const meterAdd = defineVerb({
  path: ["meter", "add"],
  summary: "registers the meter of a charging point and proves that you have it",
  description:
    "Without --record it says which tag the meter has to sign. Registering and activating are two transactions; run it\n" +
    "again if it was interrupted. On curves that the contract cannot verify oracles have to attest, and until then the\n" +
    "meter is pending and the exit code 1.",
  arguments: registrationArguments,
  options: registrationOptions,
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: [
    "meter add 7 --key-file meter.pem --calibrated-until 2034-12-31",
    "meter add 7 --key-file meter.pem --calibrated-until 2034-12-31 --record possession.ocmf",
  ],
  input: registrationInput,
  run: (input, run) => registerMeter(input, run, false),
});
