import { z } from "zod";

import { shown, tableLines } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";

const evseTopic = z.string().transform(Number);

export const evseList = defineVerb({
  path: ["evse", "list"],
  summary: "lists charging points, with what the registry says of them now",
  options: [{ flags: "--operator <address>", description: "only this operator's" }],
  access: "chain",
  readsHistory: true,
  examples: ["evse list --operator 0x52908400098527886E0F7030069857D2E4169EE7"],
  input: z.object({ operator: addressInput.optional() }),
  async run({ operator }, run) {
    const chain = await run.openChain();
    const { meterRegistry: registry } = chain.interfaces;
    const logs = await readLogs(run, chain, {
      address: chain.deployment.contracts.meterRegistry,
      topics: registry.encodeFilterTopics("EvseRegistered", [null, operator ?? null]),
    });
    const reader = registryOf(chain);
    const evses = [];
    for (const log of logs) {
      const evse = evseTopic.parse(log.topics[1]);
      const content = await reader.readEvse(evse);
      if (content === null) continue;
      const meter = content.activeMeter === 0 ? null : await reader.readMeter(content.activeMeter);
      evses.push({ evse, ...content, provenance: meter?.provenance ?? null });
    }
    run.output.json({ evses });
    const rows = evses.map(({ evse, evseId, maximumPowerW, activeMeter, provenance, operator: owner }) => [
      String(evse),
      shown(evseId),
      `${maximumPowerW} W`,
      activeMeter === 0 ? "no meter" : `meter ${activeMeter}, ${provenance ?? "possession not shown"}`,
      owner,
    ]);
    for (const line of tableLines(rows)) run.output.line(line);
    if (rows.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
