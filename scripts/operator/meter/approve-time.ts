import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const answer = z.object({ meter: z.number(), reference: z.string(), approvedAtMs: z.number(), approvedBy: z.string() });

export const meterApproveTime = defineVerb({
  path: ["meter", "approve-time"],
  summary: "says that a meter's time may be used for prices, so that tariffs that count time can be offered there",
  description:
    "In Germany only the time of a clock that is part of the approved measuring system may be used for a price. You answer for\n" +
    "what you say here: name the certificate or type approval. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<meter>", description: "number of the meter in the registry" }],
  options: [
    { flags: "--reference <text>", description: "the certificate or type approval that says so" },
    serviceOption,
  ],
  access: "none",
  examples: ['meter approve-time 12 --reference "DE-19-M-PTB-0041, clock included"'],
  input: z.object({
    meter: registryNumberInput,
    reference: z.string("has to be given").trim().min(1).max(200),
    service: serviceInput,
  }),
  async run({ meter, reference, service }, { output, environment }) {
    const approval = await openService(service, null, environment).post("/v1/meter-times/approve", answer, {
      meter,
      reference,
    });
    output.json(approval);
    output.line(`meter ${meter}: its time may be used for prices, by ${approval.approvedBy}`);

    return exitCode.done;
  },
});
