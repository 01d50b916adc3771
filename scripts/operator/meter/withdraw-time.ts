import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const answer = z.object({ meter: z.number(), isWithdrawn: z.boolean() });

export const meterWithdrawTime = defineVerb({
  path: ["meter", "withdraw-time"],
  summary: "takes the approval of a meter's time back; tariffs that count time are no longer offered there",
  description:
    "Sessions that are open keep their price. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<meter>", description: "number of the meter in the registry" }],
  options: [serviceOption],
  access: "none",
  examples: ["meter withdraw-time 12"],
  input: z.object({ meter: registryNumberInput, service: serviceInput }),
  async run({ meter, service }, { output, environment }) {
    const done = await openService(service, null, environment).post("/v1/meter-times/withdraw", answer, { meter });
    output.json(done);
    output.line(done.isWithdrawn ? `meter ${meter}: its time is no longer used for prices` : "It was not approved.");

    return exitCode.done;
  },
});
