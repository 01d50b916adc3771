import { z } from "zod";

import { utc } from "../../../command-line/amounts.ts";
import { exitCode } from "../../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../../command-line/service-client.ts";
import { defineVerb } from "../../../command-line/verb.ts";
import { planList } from "./plan-client.ts";
import { planLines } from "./read-plan.ts";

export const tariffPlanShow = defineVerb({
  path: ["tariff", "plan", "show"],
  summary: "shows which charging points have which plan, and whose turn it is",
  description: "Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  options: [{ flags: "--evse <number>", description: "only the plan of this charging point" }, serviceOption],
  access: "none",
  examples: ["tariff plan show --evse 1"],
  input: z.object({ evse: registryNumberInput.optional(), service: serviceInput }),
  async run({ evse, service: url }, { output, environment }) {
    const service = openService(url, null, environment);
    const { plans } = await service.getAsOperator("/v1/tariff-plans", planList);
    const asked = plans.filter(({ evses }) => evse === undefined || evses.includes(evse));
    output.json({ plans: asked });
    for (const { planId, plan, evses, assignedBy, tariffId, untilSeconds } of asked) {
      output.line(`plan ${planId} of EVSE ${evses.join(", ")}, by ${assignedBy}`);
      for (const line of planLines(plan, () => null)) output.line(`  ${line}`);
      const until = untilSeconds === null ? "for the coming week" : `until ${utc(untilSeconds)}`;
      output.line(`  now ${tariffId.slice(0, 10)} ${until}`);
    }
    if (asked.length === 0) output.line("There is none.");

    return exitCode.done;
  },
});
