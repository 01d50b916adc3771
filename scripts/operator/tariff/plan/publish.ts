import { z } from "zod";

import { packTariff } from "../../../../services/domain/packed-tariff.ts";
import { priceOf } from "../../../../services/domain/tariff.ts";
import { WattproofError } from "../../../../services/errors.ts";
import { exitCode } from "../../../command-line/exit-codes.ts";
import { wholeInput } from "../../../command-line/inputs.ts";
import { openService, serviceOption } from "../../../command-line/service-client.ts";
import type { Intent } from "../../../command-line/transact.ts";
import { defineVerb } from "../../../command-line/verb.ts";
import { changeInput, evseOption } from "../assignment-client.ts";
import { planAnswer } from "./plan-client.ts";
import { planInput, planLines, planOptions, readPlan } from "./read-plan.ts";

/** What a driver is charged for this at each price, so that a slip is seen before it is published. */
const usualEnergyMicroWh = 20_000_000_000n;
const usualSeconds = 3_600;

export const tariffPlanPublish = defineVerb({
  path: ["tariff", "plan", "publish"],
  summary: "publishes the tariffs of a plan, and has charging points offer them in turns",
  description:
    "A plan is a file of our own form, a tariff of OCPI with times (--zone), or prices of coming days as CSV or JSON with\n" +
    "--base. A gap, an overlap, an unknown zone or a price that is none is refused before anything is sent. Tariffs that\n" +
    "are published already are not sent again. The service changes what is offered when the turn comes; a session keeps\n" +
    "the price at which it began.",
  arguments: [{ syntax: "<file>", description: "the plan, an OCPI tariff, or prices with --base" }],
  options: [
    ...planOptions,
    evseOption,
    { flags: "--replace", description: "end what these charging points offer besides" },
    { flags: "--most-gas <n>", description: "publishes nothing if it would take more; default 10000000" },
    serviceOption,
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "tariff plan publish week.json --evse 1 --evse 2",
    "tariff plan publish ocpi.json --zone Europe/Berlin --currency EUR --evse 1 --dry-run",
    "tariff plan publish tomorrow.csv --base tariff.json --margin 0.12 --step 0.01 --evse 1",
  ],
  input: z.object({
    file: z.string(),
    evse: changeInput.evse.refine((evses) => evses.length > 0, "has to be given"),
    replace: z.boolean().default(false),
    mostGas: wholeInput(1, 1_000_000_000).default(10_000_000),
    service: changeInput.service,
    ...planInput,
  }),
  async run({ file, evse, replace, mostGas, service: url, ...options }, run) {
    const { output, isDryRun, environment } = run;
    const { deploymentPath } = await run.openChain();
    const { plan, tariffs } = readPlan(file, options, run, deploymentPath, true);
    const service = openService(url, deploymentPath, environment);
    const writer = await run.openWriter("OPERATOR");
    const { tariffRegistry } = writer.chain.contracts;
    const unpublished: Intent[] = [];
    let gas = 0n;
    for (const [tariffId, tariff] of tariffs) {
      if (await tariffRegistry.isOffered(writer.address, tariffId)) continue;
      const parameters = [packTariff(tariff)] as const;
      unpublished.push({ contract: "tariffRegistry", method: "publish", parameters });
      gas += await tariffRegistry.publish.estimateGas(...parameters, { from: writer.address });
    }
    if (gas > BigInt(mostGas)) {
      const detail = `${unpublished.length} tariffs take about ${gas} gas, and --most-gas is ${mostGas}.`;
      throw new WattproofError("GAS_BUDGET_EXCEEDED", detail);
    }
    const request = { plan, evses: evse, operator: writer.address, by: writer.address, replace };
    // What is not on the chain cannot be tried, but whether these charging points can have a plan is known before.
    await service.post("/v1/tariff-plans/end", z.object({}), { evses: evse, operator: writer.address, dryRun: true });
    const transactions = [];
    for (const intent of unpublished) transactions.push((await writer.call(intent)).transaction);
    const planned =
      isDryRun && unpublished.length > 0
        ? null
        : await service.post("/v1/tariff-plans/assign", planAnswer, { ...request, dryRun: isDryRun });
    output.json({ isDryRun, plan, tariffs: Object.fromEntries(tariffs), gas, transactions, planned });
    const usualPrice = (tariffId: string): bigint | null => {
      const tariff = tariffs.get(tariffId);
      return tariff === undefined ? null : priceOf(tariff, usualEnergyMicroWh, usualSeconds, usualSeconds).grossMicro;
    };
    output.line("What 20 kWh in an hour cost:");
    for (const line of planLines(plan, usualPrice)) output.line(line);
    output.line(`${unpublished.length} tariffs ${isDryRun ? "would be" : "were"} published, ${gas} gas`);

    return exitCode.done;
  },
});
