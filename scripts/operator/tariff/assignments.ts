import { z } from "zod";

import { shown, tableLines } from "../../command-line/amounts.ts";
import { nameOfScope } from "../../../services/domain/tariff-scope.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { pricelessLine, readAssignments } from "./assignment-client.ts";

const dayMinute = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16);

export const tariffAssignments = defineVerb({
  path: ["tariff", "assignments"],
  summary: "lists what charging points offer, who assigned it when, and where nothing can be charged",
  options: [
    { flags: "--evse <number>", description: "only this charging point, with what it offered before" },
    serviceOption,
  ],
  access: "none",
  examples: ["tariff assignments", "tariff assignments --evse 1"],
  input: z.object({ evse: registryNumberInput.optional(), service: serviceInput }),
  async run({ evse, service }, { output, environment }) {
    const answer = await readAssignments(openService(service, null, environment), {
      evse,
      isWithEnded: evse !== undefined,
    });
    const evsesWithoutTariff = answer.evsesWithoutTariff.filter((one) => evse === undefined || one === evse);
    output.json({ assignments: answer.assignments, evsesWithoutTariff });
    const rows = answer.assignments.map((one) => [
      nameOfScope(one),
      one.tariffId,
      `since ${dayMinute(one.assignedAtMs)} by ${shown(one.assignedBy)}`,
      one.endedAtMs === null
        ? one.isOffered
          ? "offered"
          : "retired: assign another"
        : `until ${dayMinute(one.endedAtMs)} by ${shown(one.endedBy ?? "")}`,
    ]);
    for (const line of tableLines(rows)) output.line(line);
    for (const one of evsesWithoutTariff) output.line(pricelessLine(one));
    if (rows.length === 0 && evsesWithoutTariff.length === 0) output.line("There are none.");

    return exitCode.done;
  },
});
