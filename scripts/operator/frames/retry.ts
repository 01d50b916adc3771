import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { stationIdInput } from "../station/ledger.ts";
import { lineOfFrame, parkedFrame } from "./parked.ts";

export const framesRetry = defineVerb({
  path: ["frames", "retry"],
  summary: "has the service work on a station's messages again at once",
  description:
    "Remove the cause first: the alert ocpp-inbox-failed has it in the log. The service tries by itself every half minute.\n" +
    "Exit 1 if some are still set aside. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [serviceOption, { flags: "--dry-run", description: "only says what would be tried" }],
  access: "none",
  examples: ["frames retry CH-0042 --service https://charge.example"],
  input: z.object({ stationId: stationIdInput, service: serviceInput }),
  async run({ stationId, service: given }, { output, environment, isDryRun }) {
    const service = openService(given, null, environment);
    const schema = z.object({ before: z.number(), left: z.array(parkedFrame) });
    const answer = await service.post("/v1/operator/parked-frames/retry", schema, { stationId, isDryRun });
    output.json({ stationId, isDryRun, ...answer });
    for (const frame of answer.left) output.line(lineOfFrame(frame, Date.now()));
    const done = isDryRun ? "would be tried again" : `were set aside, ${answer.left.length} still are`;
    output.line(`${answer.before} messages of ${stationId} ${done}.`);

    return answer.left.length === 0 || isDryRun ? exitCode.done : exitCode.differs;
  },
});
