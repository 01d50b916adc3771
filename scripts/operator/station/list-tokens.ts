import { z } from "zod";

import { shown } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";
import { bindingSchema, dateOf } from "./token-options.ts";

const openingSchema = z.looseObject({
  stationId: z.string(),
  ocppTransactionId: z.string(),
  idToken: z.string(),
  status: z.string(),
  sessionId: z.string().nullable(),
  reason: z.string().nullable(),
  atMs: z.number(),
});
const answerSchema = z.looseObject({
  idTokens: z.array(z.looseObject(bindingSchema.shape)),
  latest: z.array(openingSchema),
  unpaid: z.array(openingSchema),
});

export const stationListTokens = defineVerb({
  path: ["station", "list-tokens"],
  summary: "lists the cards and contracts that open sessions, and charges that are not paid",
  description: "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  options: serviceOptions,
  access: "none",
  examples: ["station list-tokens", "station list-tokens --service https://charge.example --json"],
  input: z.object(serviceInputs),
  async run(place, run) {
    const { output } = run;
    const answer = await openStationService(place, run).getAsOperator("/v1/id-tokens", answerSchema);
    output.json(answer);
    for (const { idToken, types, consentId, consent } of answer.idTokens) {
      const until = dateOf(consent.expiresAt * 1_000);
      const name = shown(idToken).padEnd(36);
      output.line(`${name}  ${types.join(",").padEnd(10)}  ${consentId}  lane ${consent.lane}  until ${until}`);
    }
    output.line(`${answer.idTokens.length} bindings`);
    for (const { idToken, stationId, ocppTransactionId, reason, atMs } of answer.unpaid) {
      const where = `${stationId}, transaction ${shown(ocppTransactionId)}`;
      output.line(`unpaid: ${shown(idToken)} at ${where}, ${reason ?? ""}, ${dateOf(atMs)}`);
    }

    return exitCode.done;
  },
});
