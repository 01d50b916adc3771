import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";
import { idTokenArgument, typeOption } from "./token-options.ts";

export const stationUnbindToken = defineVerb({
  path: ["station", "unbind-token"],
  summary: "ends the binding of a card or contract; sessions that are open go on",
  description:
    "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY. Exit 1 if there is no such binding.",
  arguments: [idTokenArgument],
  options: [typeOption, ...serviceOptions, { flags: "--dry-run", description: "only says what would be asked" }],
  access: "none",
  examples: ["station unbind-token 04A1B2C3D4E5F6"],
  input: z.object({
    idToken: z.string().min(1),
    type: z.array(z.string()).max(1, "may be given once: a binding is named by one of its types").optional(),
    ...serviceInputs,
  }),
  async run({ idToken, type, ...place }, run) {
    const { output, isDryRun } = run;
    const [one] = type ?? [];
    const service = openStationService(place, run);
    if (isDryRun) {
      output.json({ isDryRun, idToken, type: one ?? null, service: service.url });
      output.line(`would unbind ${idToken} by ${service.url}; nothing was sent`);
      return exitCode.done;
    }
    const order = { idToken, ...(one === undefined ? {} : { type: one }) };
    output.json(await service.post("/v1/id-tokens/unbind", z.unknown(), order));
    output.line(`${idToken} opens no more sessions.`);

    return exitCode.done;
  },
});
