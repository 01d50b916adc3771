import { z } from "zod";

import { tableLines, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";

const numberTopic = z.string().transform(Number);

export const meterList = defineVerb({
  path: ["meter", "list"],
  summary: "lists meters, with what the registry says of them now",
  options: [
    { flags: "--operator <address>", description: "only at this operator's charging points" },
    { flags: "--evse <number>", description: "only at this one" },
  ],
  access: "chain",
  readsHistory: true,
  examples: ["meter list --evse 7"],
  input: z.object({ operator: addressInput.optional(), evse: registryNumberInput.optional() }),
  async run({ operator, evse: onlyEvse }, run) {
    const chain = await run.openChain();
    const { meterRegistry: registry } = chain.interfaces;
    const logs = await readLogs(run, chain, {
      address: chain.deployment.contracts.meterRegistry,
      topics: registry.encodeFilterTopics("MeterRegistered", [null, onlyEvse ?? null, null]),
    });
    const reader = registryOf(chain);
    const meters = [];
    for (const log of logs) {
      const evse = numberTopic.parse(log.topics[2]);
      const owner = operator === undefined ? undefined : (await reader.readEvse(evse))?.operator;
      if (operator !== undefined && owner?.toLowerCase() !== operator.toLowerCase()) continue;
      const content = await reader.readMeter(numberTopic.parse(log.topics[1]));
      if (content === null) continue;
      const { number: meter, ...rest } = content;
      meters.push({ meter, ...rest });
    }
    run.output.json({ meters });
    const rows = meters.map(({ meter, evse, curve, status, provenance, calibrationExpiresAt }) => [
      String(meter),
      `EVSE ${evse}`,
      curve,
      status,
      provenance ?? "possession not shown",
      `calibrated until ${utc(calibrationExpiresAt).slice(0, 10)}`,
    ]);
    for (const line of tableLines(rows)) run.output.line(line);
    if (rows.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
