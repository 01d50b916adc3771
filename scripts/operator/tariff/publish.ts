import { z } from "zod";

import { packTariff, tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { openService, serviceOption } from "../../command-line/service-client.ts";
import { changeAssignments, changeInput, changeLines, evseOption, readAssignments } from "./assignment-client.ts";
import { ocpiInput, ocpiOptions, readTariff, tariffLines, usualPrices } from "./read-tariff.ts";

export const tariffPublish = defineVerb({
  path: ["tariff", "publish"],
  summary: "publishes a tariff, of our own form or of OCPI",
  description:
    "A tariff never changes: its id is the hash of its content. A tariff of OCPI 2.2.1 or 2.3.0 is taken apart: each part is\n" +
    "said to be priced, or to say nothing of the price; if the contract cannot price one as OCPI would, to the smallest\n" +
    "unit, the tariff is refused with the JSON path of every such part.",
  arguments: [{ syntax: "<file>", description: "the tariff as JSON" }],
  options: [
    ...ocpiOptions,
    { ...evseOption, description: "has this charging point offer it, too (tariff assign); may be given several times" },
    serviceOption,
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "tariff publish tariff.json --dry-run",
    "tariff publish ocpi-tariff.json --currency EUR",
    "tariff publish tariff.json --evse 1 --evse 2",
  ],
  input: z.object({ file: z.string(), ...ocpiInput, evse: changeInput.evse, service: changeInput.service }),
  async run({ file, evse, service, ...options }, run) {
    const { output, isDryRun } = run;
    const { deploymentPath } = await run.openChain();
    const { form, tariff, elements } = readTariff(file, options, run, deploymentPath);
    const tariffId = tariffIdOf(tariff);
    for (const line of tariffLines(tariff)) output.line(line);
    for (const { session, grossMicro } of usualPrices(tariff)) output.line(`  e.g. ${session}: ${tokens(grossMicro)}`);
    // Where nobody can assign it, it is not published half way.
    if (evse.length > 0 && !isDryRun) await readAssignments(openService(service, deploymentPath, run.environment));
    const writer = await run.openWriter("OPERATOR");
    const intent = { contract: "tariffRegistry", method: "publish", parameters: [packTariff(tariff)] } as const;
    const { transaction } = await writer.call(intent);
    // What is not on the chain yet cannot be assigned, not even to try.
    const offering = { evse, all: false, operator: writer.address, service };
    const assigned = evse.length === 0 || isDryRun ? null : await changeAssignments("assign", tariffId, offering, run);
    output.json({
      isDryRun,
      tariffId,
      form,
      tariff,
      elements,
      examples: usualPrices(tariff),
      transactions: [transaction],
      ...(evse.length === 0 ? {} : { assigned }),
    });
    output.line(isDryRun ? "would be published" : "published");
    if (assigned !== null) for (const line of changeLines(assigned, false)) output.line(line);
    else if (evse.length === 0)
      output.line(`no charging point offers it yet: wattproof tariff assign ${tariffId} --evse …`);

    return exitCode.done;
  },
});
