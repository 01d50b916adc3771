import { z } from "zod";

import { tariffIdOf } from "../../../services/domain/tariff.ts";
import { tokens } from "../core/amounts.ts";
import { exitCode } from "../core/exit-codes.ts";
import { defineVerb } from "../core/verb.ts";
import { ocpiInput, ocpiOptions, readTariff, tariffLines, usualPrices } from "./read-tariff.ts";

export const tariffPublish = defineVerb({
  path: ["tariff", "publish"],
  summary: "publishes a tariff, of our own form or of OCPI",
  description:
    "A tariff never changes: its id is the hash of its content. A tariff of OCPI 2.2.1 or 2.3.0 is taken apart: each part is\n" +
    "said to be priced, or to say nothing of the price; if the contract cannot price one as OCPI would, to the smallest\n" +
    "unit, the tariff is refused with the JSON path of every such part.",
  arguments: [{ syntax: "<file>", description: "the tariff as JSON" }],
  options: ocpiOptions,
  access: "write",
  account: "OPERATOR",
  examples: ["tariff publish tariff.json --dry-run", "tariff publish ocpi-tariff.json --currency EUR"],
  input: z.object({ file: z.string(), ...ocpiInput }),
  async run({ file, ...options }, run) {
    const { output, isDryRun } = run;
    const { deploymentPath } = await run.openChain();
    const { form, tariff, elements } = readTariff(file, options, run, deploymentPath);
    const tariffId = tariffIdOf(tariff);
    for (const line of tariffLines(tariff)) output.line(line);
    for (const { session, grossMicro } of usualPrices(tariff)) output.line(`  e.g. ${session}: ${tokens(grossMicro)}`);
    const writer = await run.openWriter("OPERATOR");
    const intent = { contract: "tariffRegistry", method: "publish", parameters: [tariff] } as const;
    const { transaction } = await writer.call(intent);
    output.json({
      isDryRun,
      tariffId,
      form,
      tariff,
      elements,
      examples: usualPrices(tariff),
      transactions: [transaction],
    });
    output.line(isDryRun ? "would be published" : "published");

    return exitCode.done;
  },
});
