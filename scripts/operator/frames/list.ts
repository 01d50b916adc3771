import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { lineOfFrame, parkedFrame } from "./parked.ts";

export const framesList = defineVerb({
  path: ["frames", "list"],
  summary: "lists messages of stations that the service could not work on",
  description:
    "The first of a station is what the others wait for. Exit 1 if there are any. With --json the messages come as they\n" +
    "were sent. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  options: [serviceOption],
  access: "none",
  examples: ["frames list --service https://charge.example"],
  input: z.object({ service: serviceInput }),
  async run({ service: given }, { output, environment }) {
    const service = openService(given, null, environment);
    const answer = z.object({ frames: z.array(parkedFrame) });
    const { frames } = await service.getAsOperator("/v1/operator/parked-frames", answer);
    output.json({ frames });
    for (const frame of frames) output.line(lineOfFrame(frame, Date.now()));
    if (frames.length === 0) output.line("Nothing was set aside.");

    return frames.length === 0 ? exitCode.done : exitCode.differs;
  },
});
