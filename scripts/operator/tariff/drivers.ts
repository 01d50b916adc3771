import { z } from "zod";

import { shown, tableLines, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const pageSchema = z.object({
  members: z.array(
    z.object({
      ordinal: z.number(),
      group: z.string(),
      driver: z.string(),
      addedAtMs: z.number(),
      addedBy: z.string(),
    }),
  ),
  next: z.number().nullable(),
});

export const tariffDrivers = defineVerb({
  path: ["tariff", "drivers"],
  summary: "lists who is in which group of drivers, since when and by whom",
  description: "Asks the service with its operator's key, WATTPROOF_OPERATOR_KEY.",
  options: [{ flags: "--group <name>", description: "only this group" }, serviceOption],
  access: "none",
  examples: ["tariff drivers --group staff"],
  input: z.object({ group: z.string().optional(), service: serviceInput }),
  async run({ group, service: url }, { output, environment }) {
    const service = openService(url, null, environment);
    const members: z.output<typeof pageSchema>["members"] = [];
    let after: number | null = 0;
    while (after !== null) {
      const query = new URLSearchParams({ after: String(after), ...(group === undefined ? {} : { group }) });
      const page: z.output<typeof pageSchema> = await service.getAsOperator(
        `/v1/driver-groups?${query.toString()}`,
        pageSchema,
      );
      members.push(...page.members);
      after = page.next;
    }
    output.json({ members });
    const rows = members.map(({ group: name, driver, addedAtMs, addedBy }) => [
      ...[name, driver, `since ${utc(Math.floor(addedAtMs / 1_000))} by ${shown(addedBy)}`],
    ]);
    for (const line of tableLines(rows)) output.line(line);
    if (rows.length === 0) output.line("There are none.");

    return exitCode.done;
  },
});
