import { defineVerb } from "../../command-line/verb.ts";
import { endMeter, meterArguments, meterInput } from "./end-meter.ts";

export const meterRetire = defineVerb({
  path: ["meter", "retire"],
  summary: "takes a meter out of service; what it signed until then counts",
  arguments: meterArguments,
  access: "write",
  account: "OPERATOR",
  examples: ["meter retire 12"],
  input: meterInput,
  run: (input, run) =>
    endMeter(input, run, () => ({ method: "retireMeter", parameters: [input.meter], status: "retired" })),
});
