import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { WattproofError } from "../../../services/errors.ts";

export const settlementRetry = defineVerb({
  path: ["settlement", "retry"],
  summary: "has the service settle a session again that it gave up",
  description:
    "Only for skipped sessions. See to the reason first: settlement status names it. Asks with the operator's key of the\n" +
    "service, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<session-id>", description: "the session" }],
  options: [serviceOption, { flags: "--dry-run", description: "only says whether it could be done" }],
  access: "none",
  examples: ["settlement retry 0x… --service https://charge.example"],
  input: z.object({ sessionId: sessionIdInput, service: serviceInput }),
  async run({ sessionId, service: given }, { output, environment, isDryRun }) {
    const service = openService(given, null, environment);
    const schema = z.object({ session: z.object({ state: z.string(), reason: z.string().nullable() }) });
    const { state, reason } = (await service.getAsOperator(`/v1/sessions/${sessionId}`, schema)).session;
    if (state !== "skipped")
      throw new WattproofError("SESSION_EVENT_ILLEGAL", `The session is ${state}; nothing was given up.`);
    const answer = isDryRun
      ? null
      : await service.post(`/v1/sessions/${sessionId}/settlement-retry`, z.object({ state: z.string() }));
    output.json({ isDryRun, sessionId, before: { state, reason }, state: answer?.state ?? null });
    output.line(
      `was skipped (${reason ?? "no reason"}), ${answer === null ? "could be tried again" : `is ${answer.state}`}`,
    );

    return exitCode.done;
  },
});
