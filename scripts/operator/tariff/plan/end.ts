import { z } from "zod";

import { exitCode } from "../../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../../command-line/service-client.ts";
import { defineVerb } from "../../../command-line/verb.ts";
import { changeInput, evseOption, pricelessLine } from "../assignment-client.ts";

const answer = z.object({ isDryRun: z.boolean(), evses: z.array(z.number()) });

export const tariffPlanEnd = defineVerb({
  path: ["tariff", "plan", "end"],
  summary: "ends the plans of charging points; they offer what is assigned to them besides",
  description:
    "Sessions that are open keep their price. Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  options: [evseOption, serviceOption, { flags: "--dry-run", description: "says what would change" }],
  access: "none",
  examples: ["tariff plan end --evse 1"],
  input: z.object({
    evse: changeInput.evse.refine((evses) => evses.length > 0, "has to be given"),
    service: serviceInput,
  }),
  async run({ evse: evses, service: url }, { output, environment, isDryRun }) {
    const service = openService(url, null, environment);
    const ended = await service.post("/v1/tariff-plans/end", answer, { evses, dryRun: isDryRun });
    output.json(ended);
    const word = isDryRun ? "would be ended" : "ended";
    for (const evse of ended.evses) output.line(`EVSE ${evse}: its plan ${word}. ${pricelessLine(evse)}`);
    if (ended.evses.length === 0) output.line("None of them has a plan; nothing changes.");

    return exitCode.done;
  },
});
