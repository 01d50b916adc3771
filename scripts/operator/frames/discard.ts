import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { lineOfFrame, parkedFrame } from "./parked.ts";

export const framesDiscard = defineVerb({
  path: ["frames", "discard"],
  summary: "gives a message of a station up, and holds the sessions that it may be of",
  description:
    "For a message that can never be worked on; what waits behind it goes on. It stays among the station's messages. Every\n" +
    "session of the station without a stop of its own is held, until sessions resolve decides about it. Asks with the\n" +
    "operator's key of the service, WATTPROOF_OPERATOR_KEY; the service keeps a record of it.",
  arguments: [{ syntax: "<frame-id>", description: "as frames list names it" }],
  options: [
    { flags: "--reason <text>", description: "why; it is kept" },
    serviceOption,
    { flags: "--dry-run", description: "only says which sessions would be held" },
  ],
  access: "none",
  examples: ['frames discard 4711 --reason "firmware fault, ticket 12" --service https://charge.example'],
  input: z.object({
    frameId: z.string().regex(/^[1-9][0-9]{0,14}$/u, "must be a number that frames list names"),
    reason: z.string().trim().min(1, "must say why").max(500, "must be of 500 characters at most"),
    service: serviceInput,
  }),
  async run({ frameId, reason, service: given }, { output, environment, isDryRun }) {
    const service = openService(given, null, environment);
    const schema = z.object({ frame: parkedFrame, sessionIds: z.array(z.string()) });
    const order = { frameId, reason, isDryRun };
    const { frame, sessionIds } = await service.post("/v1/operator/parked-frames/discard", schema, order);
    output.json({ isDryRun, frame, reason, sessionIds });
    output.line(`${lineOfFrame(frame, Date.now())}, ${isDryRun ? "would be given up" : "is given up"}.`);
    for (const sessionId of sessionIds) output.line(`it may be of session ${sessionId}`);

    return exitCode.done;
  },
});
