import { z } from "zod";

import { shown, tableLines, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readLogs } from "../../command-line/logs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";

const makerTopic = z.string().transform(Number);

export const makerList = defineVerb({
  path: ["maker", "list"],
  summary: "lists makers' keys, with what the registry says about them now",
  access: "chain",
  readsHistory: true,
  examples: ["maker list"],
  input: z.object({}),
  async run(_input, run) {
    const chain = await run.openChain();
    const logs = await readLogs(run, chain, {
      address: chain.deployment.contracts.meterRegistry,
      topics: chain.interfaces.meterRegistry.encodeFilterTopics("MakerRegistered", []),
    });
    const nowSeconds = (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const makers = [];
    for (const log of logs) {
      const maker = makerTopic.parse(log.topics[1]);
      const content = await chain.contracts.meterRegistry.makerOf(maker);
      const [activeFrom, revokedAt] = [Number(content.activeFrom), Number(content.revokedAt)];
      const status = revokedAt !== 0 ? "revoked" : nowSeconds < activeFrom ? "pending" : "active";
      const curve = Object.entries(curveNumbers).find(([, number]) => number === content.curve)?.[0] ?? null;
      const revoked = revokedAt === 0 ? null : revokedAt;
      makers.push({ maker, name: content.name, status, curve, activeFrom, revokedAt: revoked });
    }
    run.output.json({ makers });
    const rows = makers.map(({ maker, name, status, curve, activeFrom, revokedAt }) => [
      String(maker),
      shown(name),
      status,
      curve ?? "unknown curve",
      revokedAt === null ? `from ${utc(activeFrom)}` : `until ${utc(revokedAt)}`,
    ]);
    for (const line of tableLines(rows)) run.output.line(line);
    if (rows.length === 0) run.output.line("There are none.");

    return exitCode.done;
  },
});
