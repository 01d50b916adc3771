import { z } from "zod";

import { shown, tableLines, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const pageSchema = z.object({
  approvals: z.array(
    z.object({ meter: z.number(), reference: z.string(), approvedAtMs: z.number(), approvedBy: z.string() }),
  ),
  next: z.number().nullable(),
});

export const meterTimes = defineVerb({
  path: ["meter", "times"],
  summary: "lists the meters whose time is approved for prices, and on what that rests",
  description: "Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  options: [serviceOption],
  access: "none",
  examples: ["meter times"],
  input: z.object({ service: serviceInput }),
  async run({ service: url }, { output, environment }) {
    const service = openService(url, null, environment);
    const approvals: z.output<typeof pageSchema>["approvals"] = [];
    let after: number | null = 0;
    while (after !== null) {
      const page: z.output<typeof pageSchema> = await service.getAsOperator(
        `/v1/meter-times?after=${after}`,
        pageSchema,
      );
      approvals.push(...page.approvals);
      after = page.next;
    }
    output.json({ approvals });
    const rows = approvals.map(({ meter, reference, approvedAtMs, approvedBy }) => [
      ...[`meter ${meter}`, shown(reference), `${utc(Math.floor(approvedAtMs / 1_000))} by ${shown(approvedBy)}`],
    ]);
    for (const line of tableLines(rows)) output.line(line);
    if (rows.length === 0) output.line("There are none.");

    return exitCode.done;
  },
});
